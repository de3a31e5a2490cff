import { sql, textIn, type Database, type Statement, type Value } from './database/database.js';
import {
  accountIn,
  machineIn,
  sessionIn,
  type Account,
  type CredentialKind,
  type Machine,
  type OpenSession,
} from './people.js';

/** The most sessions of a user; one more ends the oldest. */
const MOST_SESSIONS = 100;
/** How long the records of used challenges and expired sessions are kept, for clocks that jump. */
const KEPT_MS = 86_400_000;

/** A user is found by name, by id, or by the id of a passkey. */
export type UserKey = { readonly name: string } | { readonly id: string } | { readonly passkey: string };

/** A credential to add. */
export interface NewCredential {
  readonly id: string;
  readonly kind: CredentialKind;
  readonly secret: string;
  readonly step?: number;
  readonly isReady: boolean;
}

/** A session to begin. */
export interface NewSession {
  readonly digest: string;
  readonly instanceId: string;
  readonly userId: string;
  /** How long it lasts at the most. */
  readonly lastsMs: number;
  /** The ids of the credentials that were verified. */
  readonly verified: readonly string[];
}

/** A user of an instance. */
export interface UserRef {
  readonly instanceId: string;
  readonly userId: string;
}

const ACCOUNT = `SELECT u.id AS user_id, u.name, u.role, u.organization, u.mfa_skipped_at, iam.now_ms() AS now,
    c.id AS credential, c.kind, c.secret, c.step, c.ready, c.added_at, c.used_at
  FROM iam.users u LEFT JOIN iam.credentials c ON c.instance = u.instance AND c.user_id = u.id
  WHERE u.instance = $1 AND u.disabled_at IS NULL AND`;

const BY = {
  name: 'u.name = $2',
  id: 'u.id = $2',
  passkey: `u.id = (SELECT p.user_id FROM iam.credentials p
    WHERE p.id = $2 AND p.instance = $1 AND p.kind = 'U2F_WITH_VERIFICATION')`,
} as const;

const DIRECTORY_VERSION = "(SELECT value FROM iam.meta WHERE key = 'directory') AS directory";

const SESSION = `SELECT s.instance, s.began_at, s.until, u.id AS user_id, u.name, u.role, u.organization,
    u.mfa_skipped_at, iam.now_ms() AS now, ${DIRECTORY_VERSION}, c.id AS credential, c.kind, k.at AS checked_at,
    CASE WHEN c.kind = 'LINK' THEN c.secret END AS provider
  FROM iam.sessions s
    JOIN iam.users u ON u.instance = s.instance AND u.id = s.user_id AND u.disabled_at IS NULL
    LEFT JOIN iam.credentials c ON c.instance = s.instance AND c.user_id = s.user_id AND c.ready = 1
    LEFT JOIN iam.checks k ON k.session = s.digest AND k.credential = c.id
  WHERE s.digest =`;

const NEWEST = `(SELECT n.digest FROM iam.sessions n WHERE n.instance = $1 AND n.user_id = $2 AND n.until > iam.now_ms()
  ORDER BY n.began_at DESC, n.digest LIMIT 1)`;

/**
 * The people of the server, and what they can sign in with: what each request needs. Whatever must happen once (a code,
 * a challenge, a session) is one statement with a condition, so that of several processes one wins.
 */
export class Accounts {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async user(instanceId: string, key: UserKey): Promise<Account | undefined> {
    const [[by, value] = ['id', '']] = Object.entries(key);
    const condition = by === 'name' || by === 'passkey' ? BY[by] : BY.id;
    return accountIn(
      await this.#run({ sql: `${ACCOUNT} ${condition} ORDER BY c.added_at, c.id`, values: [instanceId, value] }),
    );
  }

  async machine(digest: string): Promise<Machine | undefined> {
    return machineIn(
      await this.#run({
        sql: `SELECT instance, id, role, ${DIRECTORY_VERSION} FROM iam.machines WHERE digest = $1`,
        values: [digest],
      }),
    );
  }

  /** A session, and what of its checks still stands: one read. */
  async session(digest: string): Promise<OpenSession | undefined> {
    return sessionIn(await this.#run({ sql: `${SESSION} $1`, values: [digest] }));
  }

  /** The session that a user began last, of those that are still open. */
  async newestSession({ instanceId, userId }: UserRef): Promise<OpenSession | undefined> {
    return sessionIn(await this.#run({ sql: `${SESSION} ${NEWEST}`, values: [instanceId, userId] }));
  }

  /** Begins a session. @returns whether all its credentials were still the user's. */
  async beginSession({ digest, instanceId, userId, lastsMs, verified }: NewSession): Promise<boolean> {
    const own = `SELECT id FROM iam.credentials WHERE instance = $2 AND user_id = $3 AND id IN (${placeholders(verified, 5)})`;
    const begun = await this.#database.atOnce([
      {
        sql: `INSERT INTO iam.sessions (digest, instance, user_id, began_at, until)
          SELECT $1, u.instance, u.id, clock.now, clock.now + CAST($4 AS BIGINT)
          FROM iam.users u, (SELECT iam.now_ms() AS now) AS clock
          WHERE u.instance = $2 AND u.id = $3 AND u.disabled_at IS NULL
            AND (SELECT count(*) FROM (${own}) AS found) = ${verified.length}
          RETURNING digest`,
        values: [digest, instanceId, userId, lastsMs, ...verified],
      },
      ...verified.map(
        (id) => sql`INSERT INTO iam.checks (session, credential, at)
          SELECT digest, ${id}, began_at FROM iam.sessions WHERE digest = ${digest}`,
      ),
      {
        // Whatever the clock says, the session just begun is the newest.
        sql: `DELETE FROM iam.sessions WHERE digest IN (SELECT digest FROM iam.sessions
          WHERE instance = $1 AND user_id = $2 ORDER BY CASE WHEN digest = $3 THEN 0 ELSE 1 END, began_at DESC, digest
          LIMIT 1000 OFFSET ${MOST_SESSIONS})`,
        values: [instanceId, userId, digest],
      },
    ]);
    return begun !== undefined;
  }

  /** Ends a session for good. Idempotent. */
  async endSession(digest: string): Promise<void> {
    await this.#run(sql`DELETE FROM iam.sessions WHERE digest = ${digest}`);
  }

  /** The sessions of an instance, as the digests of their tokens; or only those of an organization's users. */
  async sessions(instanceId: string, organizationId?: string): Promise<readonly string[]> {
    const rows = await this.#run({
      sql: `SELECT s.digest FROM iam.sessions s JOIN iam.users u ON u.instance = s.instance AND u.id = s.user_id
        WHERE s.instance = $1${organizationId === undefined ? '' : ' AND u.organization = $2'}`,
      values: organizationId === undefined ? [instanceId] : [instanceId, organizationId],
    });
    return rows.map((row) => textIn(row, 'digest'));
  }

  /** Adds a credential to a user with fewer than `atMost` of its kind. @returns whether it was added. */
  async addCredential({ instanceId, userId }: UserRef, added: NewCredential, atMost = 1): Promise<boolean> {
    const { id, kind, secret, step = 0, isReady } = added;
    const rows = await this.#run({
      sql: `INSERT INTO iam.credentials (id, instance, user_id, kind, secret, step, ready, added_at)
        SELECT $1, u.instance, u.id, $4, $5, CAST($6 AS BIGINT), CAST($7 AS BIGINT), iam.now_ms() FROM iam.users u
        WHERE u.instance = $2 AND u.id = $3 AND u.disabled_at IS NULL AND CAST($8 AS BIGINT) >
          (SELECT count(*) FROM iam.credentials c WHERE c.instance = $2 AND c.user_id = $3 AND c.kind = $4)
        ON CONFLICT DO NOTHING RETURNING id`,
      values: [id, instanceId, userId, kind, secret, step, isReady ? 1 : 0, atMost],
    });
    return rows.length > 0;
  }

  /** Removes a credential of a user, and with it the checks that sessions made of it. @returns whether it was there. */
  async removeCredential({ instanceId, userId }: UserRef, kind: CredentialKind, id: string): Promise<boolean> {
    const rows = await this.#run(sql`DELETE FROM iam.credentials
      WHERE instance = ${instanceId} AND user_id = ${userId} AND kind = ${kind} AND id = ${id} RETURNING id`);
    return rows.length > 0;
  }

  /** Takes a step of a credential, which makes it ready: each step is taken once, and none before it any more. */
  async takeStep(id: string, step: number): Promise<boolean> {
    const rows = await this.#run(sql`UPDATE iam.credentials SET step = ${step}, ready = 1, used_at = iam.now_ms()
      WHERE id = ${id} AND step < ${step} RETURNING id`);
    return rows.length > 0;
  }

  /** Notes the use of a passkey. @returns whether it is still the user's. */
  async noteUse(id: string, counter: number): Promise<boolean> {
    const rows = await this.#run(sql`UPDATE iam.credentials SET step = ${counter}, used_at = iam.now_ms()
      WHERE id = ${id} RETURNING id`);
    return rows.length > 0;
  }

  /** Uses a challenge. @returns whether it is the first use. */
  async useChallenge(digest: string, until: number): Promise<boolean> {
    const rows = await this.#run(sql`INSERT INTO iam.used_challenges (digest, until) VALUES (${digest}, ${until})
      ON CONFLICT (digest) DO NOTHING RETURNING digest`);
    return rows.length > 0;
  }

  /** Deletes what has expired. */
  async sweep(): Promise<void> {
    await this.#run(sql`DELETE FROM iam.sessions WHERE until < iam.now_ms() - ${KEPT_MS}`);
    await this.#run(sql`DELETE FROM iam.used_challenges WHERE until < iam.now_ms() - ${KEPT_MS}`);
    await this.#run(sql`DELETE FROM iam.tries WHERE drained_at < iam.now_ms()`);
  }

  #run(statement: Statement): ReturnType<Database['run']> {
    return this.#database.run(statement);
  }
}

function placeholders(values: readonly Value[], from: number): string {
  return values.map((_, index) => `$${from + index}`).join(', ');
}
