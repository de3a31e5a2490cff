const FREE_TRIES = 5;
const LONGEST_WAIT_MS = 60_000;
const NAMES_KEPT = 1000;
const AT_ONCE = 4;

interface Tries {
  readonly failed: number;
  readonly openAt: number;
}

/**
 * Slows down whoever guesses: after five wrong passwords in a row a name has to wait one second, then two, four, up to a
 * minute. Only so many passwords are looked at at once, because each costs memory and time on purpose.
 */
export class SignInAttempts {
  readonly #tries = new Map<string, Tries>();
  readonly #now: () => number;
  #running = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Counts a try before its password is looked at, so that many at the same time are counted too. Answers with the seconds
   * to wait when it is not to be looked at.
   */
  begin(name: string): { readonly waitSeconds: number } | undefined {
    const { failed, openAt } = this.#tries.get(name) ?? { failed: 0, openAt: 0 };
    const waitMs = openAt - this.#now();
    if (waitMs > 0) return { waitSeconds: Math.ceil(waitMs / 1000) };
    if (this.#running >= AT_ONCE) return { waitSeconds: 1 };
    this.#running++;
    this.#remember(name, failed + 1);
    return undefined;
  }

  /** Whatever came of a try that was begun. A right password clears the name. */
  end(name: string, verdict: 'right' | 'wrong'): void {
    this.#running--;
    if (verdict === 'right') this.#tries.delete(name);
  }

  #remember(name: string, failed: number): void {
    const pauseMs = failed < FREE_TRIES ? 0 : Math.min(1000 * 2 ** (failed - FREE_TRIES), LONGEST_WAIT_MS);
    this.#tries.delete(name);
    this.#tries.set(name, { failed, openAt: this.#now() + pauseMs });
    const [oldest] = this.#tries.keys();
    if (this.#tries.size > NAMES_KEPT && oldest !== undefined) this.#tries.delete(oldest);
  }
}
