import { hash, randomUUID } from 'node:crypto';

const FREE_TRIES = 5;
const LONGEST_WAIT_MS = 60_000;
const AT_ONCE = 4;
const MOST_WAITING = 100;
/** 65,536 places for names: four digits in hexadecimal. */
const PLACE_DIGITS = 4;

interface Tries {
  readonly failed: number;
  readonly openAt: number;
}

/**
 * Slows down whoever guesses: after five wrong passwords in a row a name has to wait one second, then two, four, up to a
 * minute. Only so many passwords are looked at at once, because each costs memory and time on purpose; others wait their turn.
 *
 * Nothing is forgotten to make room, or guessing at many names would give new tries at one: names share places instead, by a
 * secret, so that nobody can find out which.
 */
export class SignInAttempts {
  readonly #tries = new Map<string, Tries>();
  readonly #now: () => number;
  readonly #secret = randomUUID();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Counts a try before its password is looked at, so that many at the same time are counted too. Answers with the seconds
   * to wait when it is not to be looked at; else when it is its turn.
   */
  async begin(name: string): Promise<{ readonly waitSeconds: number } | undefined> {
    const place = this.#placeOf(name);
    const { failed, openAt } = this.#tries.get(place) ?? { failed: 0, openAt: 0 };
    const waitMs = openAt - this.#now();
    if (waitMs > 0) return { waitSeconds: Math.ceil(waitMs / 1000) };
    if (this.#waiting.length >= MOST_WAITING) return { waitSeconds: 1 };
    this.#remember(place, failed + 1);
    if (this.#running < AT_ONCE) this.#running++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return undefined;
  }

  /** Whatever came of a try that was begun. A right password clears the name. */
  end(name: string, verdict: 'right' | 'wrong'): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running--;
    else next();
    if (verdict === 'right') this.#tries.delete(this.#placeOf(name));
  }

  #remember(place: string, failed: number): void {
    const pauseMs = failed < FREE_TRIES ? 0 : Math.min(1000 * 2 ** (failed - FREE_TRIES), LONGEST_WAIT_MS);
    this.#tries.set(place, { failed, openAt: this.#now() + pauseMs });
  }

  #placeOf(name: string): string {
    return hash('sha256', `${this.#secret}${name}`).slice(0, PLACE_DIGITS);
  }
}
