import { hash, randomUUID } from 'node:crypto';
import { FairLine } from './fair-line.js';

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
/** A hundred networks fill the queue; each adds the time of one password to the wait of the others. */
const WAITING = { ofOne: 10, ofAll: 1000 } as const;
/** 65,536 counters: four hexadecimal digits. */
const PLACE_DIGITS = 4;

/** The counters of an attempt. */
interface Place {
  readonly place: string;
  readonly free: number;
}

interface Tries {
  readonly failed: number;
  readonly at: number;
}

/**
 * Slows guessing down. After five wrong passwords for a name from one network, the next attempts wait one second, two,
 * four, up to a minute. Fifty wrong ones from anywhere slow the name down for everybody except known browsers, which
 * have counters of their own, so that an attacker can't lock a user out. Passwords are checked one at a time, because
 * each is costly by design. Networks alternate, with a limited number of waiting attempts each; so do the known
 * browsers of a name, for which there is always room.
 *
 * No counter is evicted, otherwise guessing at many names would reset one. Names share counters instead, by a secret
 * hash, so that nobody can find out which names collide.
 */
export class SignInAttempts {
  readonly #tries = new Map<string, Tries>();
  readonly #now: () => number;
  readonly #secret = randomUUID();
  readonly #line = new FairLine(WAITING);

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Counts an attempt before its password is checked, so that concurrent ones count, too. Returns the seconds to wait
   * if it must not be checked; otherwise resolves when it is its turn.
   */
  async begin(attempt: Attempt): Promise<{ readonly waitSeconds: number } | undefined> {
    const places = this.#placesOf(attempt);
    const waitMs = Math.max(...places.map(({ place, free }) => this.#waitAt(place, free)));
    if (waitMs > 0) return { waitSeconds: Math.ceil(waitMs / 1000) };
    const source = sourceOf(attempt);
    const isKnown = attempt.device !== undefined;
    if (this.#line.isFullOf(source) || (this.#line.isFull && !isKnown)) return { waitSeconds: 1 };
    for (const { place } of places) this.#tries.set(place, { failed: this.#failedAt(place) + 1, at: this.#now() });
    await this.#line.enter(source);
    return undefined;
  }

  /**
   * Records the outcome of an attempt. A right password clears its own counters, apart from other people's attempts. An
   * incomplete one (a right password without its code) is taken back but clears nothing: otherwise knowing the password
   * would allow unlimited guesses at the code.
   */
  end(attempt: Attempt, verdict: 'right' | 'unfinished' | 'wrong'): void {
    this.#line.leave();
    if (verdict === 'wrong') return;
    const [own, ofName] = this.#placesOf(attempt);
    if (verdict === 'unfinished' && own !== undefined) return this.#takeBack([own, ofName]);
    if (own !== undefined) this.#tries.delete(own.place);
    this.#takeBack([ofName]);
  }

  #takeBack(places: readonly (Place | undefined)[]): void {
    for (const place of places) {
      if (place === undefined) continue;
      this.#tries.set(place.place, { failed: Math.max(0, this.#failedAt(place.place) - 1), at: this.#now() });
    }
  }

  #failedAt(place: string): number {
    const { failed, at } = this.#tries.get(place) ?? { failed: 0, at: 0 };
    return Math.max(0, failed - (this.#now() - at) / FORGET_ONE_MS);
  }

  #waitAt(place: string, free: number): number {
    const failed = this.#failedAt(place);
    // Part of an attempt may have been forgotten during its check.
    if (failed < free - 0.5) return 0;
    const pauseMs = Math.min(1000 * 2 ** Math.max(0, failed - free), LONGEST_WAIT_MS);
    return (this.#tries.get(place)?.at ?? 0) + pauseMs - this.#now();
  }

  #placesOf({ name, network, device }: Attempt): readonly Place[] {
    if (device !== undefined) return [{ place: this.#placeOf(`device ${device}`), free: FREE.ofOne }];
    return [
      { place: this.#placeOf(`one ${network} ${name}`), free: FREE.ofOne },
      { place: this.#placeOf(`name ${name}`), free: FREE.ofName },
    ];
  }

  #placeOf(text: string): string {
    return `${text.slice(0, 4)} ${hash('sha256', `${this.#secret}${text}`).slice(0, PLACE_DIGITS)}`;
  }
}

function sourceOf({ name, network, device }: Attempt): string {
  return device === undefined ? `network ${network}` : `browsers of ${name}`;
}
