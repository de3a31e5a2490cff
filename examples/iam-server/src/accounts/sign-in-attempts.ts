import { hash, randomUUID } from 'node:crypto';
import { FairLine } from './fair-line.js';

/** Who tries to sign in, as far as it is known before a password is looked at. */
export interface Attempt {
  readonly name: string;
  /** Where the try comes from. */
  readonly network: string;
  /** A browser in which this very name was signed in before. */
  readonly device?: string | undefined;
}

/** After so many wrong tries a guesser has to wait; one is forgotten each minute. */
const FREE = { ofOne: 5, ofName: 50 } as const;
const FORGET_ONE_MS = 60_000;
const LONGEST_WAIT_MS = 60_000;
/** A hundred networks fill the line; each adds the time of one password to what every other waits. */
const WAITING = { ofOne: 10, ofAll: 1000 } as const;
/** 65,536 places: four digits in hexadecimal. */
const PLACE_DIGITS = 4;

/** Where tries are counted. */
interface Place {
  readonly place: string;
  readonly free: number;
}

interface Tries {
  readonly failed: number;
  readonly at: number;
}

/**
 * Slows down guessers: after five wrong passwords for a name from one network, the next has to wait one second, then two,
 * four, up to a minute. Fifty wrong ones from anywhere slow a name down for everybody but the browsers that it was signed in with
 * before: those count for themselves, so that nobody is kept out by others. Passwords are looked at one at a time, because each
 * costs memory and time on purpose. Networks take turns, and each has only so many tries waiting; so have the known browsers of a
 * name, for which there is always room.
 *
 * Nothing is forgotten to make room, or guessing at many names would give new tries at one: they share places instead, by a
 * secret, so that nobody can find out which.
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
   * Counts a try before its password is looked at, so that many at the same time are counted too. Answers with the seconds
   * to wait when it is not to be looked at; else when it is its turn.
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
   * Whatever came of a try that was begun. A right one clears what it was counted at, apart from what others tried. One that is
   * unfinished, a right password without its code, is taken back and clears nothing: else knowing the password would give new tries at
   * the code.
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
    // A part of one may be forgotten already while they are tried.
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
