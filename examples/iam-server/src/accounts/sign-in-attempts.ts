import { createHmac } from 'node:crypto';
import { sql, type Database, type Statement } from './database/database.js';

/** What is known about a sign-in attempt before its password is checked. */
export interface Attempt {
  readonly name: string;
  /** The network of the attempt. */
  readonly network: string;
  /** A browser that this user has signed in with before. */
  readonly device?: string | undefined;
}

/** The number of wrong attempts before a wait; one is forgotten each minute. */
const FREE = { ofOne: 5, ofName: 50 } as const;
const FORGET_ONE_MS = 60_000;
const LONGEST_WAIT_MS = 60_000;

/** A counter of an attempt. */
interface Place {
  readonly key: string;
  readonly free: number;
}

/**
 * Slows guessing down, over all processes. After five wrong passwords for a name from one network, the next attempts
 * wait one second, two, four, up to a minute. Fifty wrong ones from anywhere slow the name down for everybody except
 * known browsers, which have counters of their own, so that an attacker can't lock a user out.
 *
 * Counters are named by a signature: the names that people type, passwords among them, are not stored.
 */
export class SignInAttempts {
  readonly #database: Database;
  readonly #secret: () => string;

  constructor(database: Database, secret: () => string) {
    this.#database = database;
    this.#secret = secret;
  }

  /**
   * Counts an attempt before its password is checked, so that concurrent ones count, too. Returns the seconds to wait
   * if it must not be checked.
   */
  async begin(attempt: Attempt): Promise<{ readonly waitSeconds: number } | undefined> {
    const places = this.#placesOf(attempt);
    const counted = await this.#database.atOnce(places.map((place) => countOf(place, places.at(-1) ?? place)));
    if (counted !== undefined) return undefined;
    return { waitSeconds: Math.max(1, Math.ceil((await this.#waitMs(places)) / 1000)) };
  }

  /**
   * Records the outcome of an attempt. A right password clears its own counters, apart from other people's attempts. An
   * incomplete one (a right password without its code) is taken back but clears nothing: otherwise knowing the password
   * would allow unlimited guesses at the code.
   */
  async end(attempt: Attempt, verdict: 'right' | 'unfinished' | 'wrong'): Promise<void> {
    if (verdict === 'wrong') return;
    const [own, ofName] = this.#placesOf(attempt);
    if (own !== undefined)
      await this.#database.run(
        verdict === 'right' ? sql`DELETE FROM iam.tries WHERE key = ${own.key}` : takenBack(own),
      );
    if (ofName !== undefined) await this.#database.run(takenBack(ofName));
  }

  async #waitMs(places: readonly Place[]): Promise<number> {
    const waits = places.map(async ({ key }) => {
      const rows = await this.#database.run(sql`SELECT until - iam.now_ms() AS wait FROM iam.tries WHERE key = ${key}`);
      return Number(rows[0]?.['wait'] ?? 0);
    });
    return Math.max(0, ...(await Promise.all(waits)));
  }

  #placesOf({ name, network, device }: Attempt): readonly Place[] {
    if (device !== undefined) return [{ key: this.#keyOf(`device ${device}`), free: FREE.ofOne }];
    return [
      { key: this.#keyOf(`one ${network} ${name}`), free: FREE.ofOne },
      { key: this.#keyOf(`name ${name}`), free: FREE.ofName },
    ];
  }

  #keyOf(text: string): string {
    return createHmac('sha256', this.#secret()).update(`try ${text}`).digest('base64url');
  }
}

/** Counts a try, unless this counter or another one still waits. */
function countOf({ key, free }: Place, other: Place): Statement {
  const now = `(excluded.drained_at - ${FORGET_ONE_MS})`;
  const drained = `(CASE WHEN t.drained_at > ${now} THEN t.drained_at ELSE ${now} END + ${FORGET_ONE_MS})`;
  return {
    sql: `INSERT INTO iam.tries AS t (key, drained_at, until)
      SELECT $1, iam.now_ms() + ${FORGET_ONE_MS}, 0 WHERE NOT EXISTS
        (SELECT 1 FROM iam.tries o WHERE o.key = $2 AND o.key <> $1 AND o.until > iam.now_ms())
      ON CONFLICT (key) DO UPDATE SET drained_at = ${drained},
        until = ${waitingUntil(now, `(${drained} - ${now})`, free)}
      WHERE t.until <= ${now} RETURNING key`,
    values: [key, other.key],
  };
}

function takenBack({ key, free }: Place): Statement {
  const left = `(drained_at - ${FORGET_ONE_MS} - iam.now_ms())`;
  return {
    sql: `UPDATE iam.tries SET drained_at = drained_at - ${FORGET_ONE_MS},
      until = ${waitingUntil('iam.now_ms()', left, free)} WHERE key = $1`,
    values: [key],
  };
}

/** Until when no other is taken after tries that are forgotten in `left` ms: a second, two, four, up to a minute. */
function waitingUntil(now: string, left: string, free: number): string {
  const steps = Array.from({ length: 6 }, (_, step) => {
    const limit = (free + step + 0.5) * FORGET_ONE_MS;
    return `WHEN ${left} < ${limit} THEN ${Math.min(1000 * 2 ** step, LONGEST_WAIT_MS)}`;
  });
  const pause = `CASE ${steps.join(' ')} ELSE ${LONGEST_WAIT_MS} END`;
  // Part of a try may have been forgotten during its check. Without a pause it is 0 and not now: a try that came at the
  // same time, and had to wait for this one, would be refused.
  return `CASE WHEN ${left} < ${(free - 0.5) * FORGET_ONE_MS} THEN 0 ELSE ${now} + ${pause} END`;
}
