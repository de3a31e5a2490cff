const NAMES = ['setTimeout', 'clearTimeout'] as const;

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/**
 * The time of a round in place of the machine's: it passes only when the round says so, and is the same for the same
 * seed.
 */
export class SimulatedTime {
  #now = 1;
  /** How far the wall clock is ahead. */
  #lead = Date.UTC(2026, 0, 1);
  readonly #timers = new Set<Timer>();
  readonly #originals = NAMES.map((name) => [name, globalThis[name]] as const);
  readonly #random = Math.random;

  /** Replaces the machine's time. */
  begin(random: () => number): void {
    Reflect.set(globalThis, 'setTimeout', (run: () => void, ms = 1): Timer => {
      const timer = { at: this.#now + Math.max(1, ms), run };
      this.#timers.add(timer);
      return timer;
    });
    Reflect.set(globalThis, 'clearTimeout', (timer: Timer) => this.#timers.delete(timer));
    // No two calls get the same time, as on a machine.
    Reflect.set(performance, 'now', () => (this.#now += 1e-6));
    Reflect.set(Date, 'now', () => Math.floor(this.#now + this.#lead));
    Math.random = random;
  }

  /** Puts the machine's time back. */
  end(): void {
    for (const [name, original] of this.#originals) Reflect.set(globalThis, name, original);
    Reflect.deleteProperty(performance, 'now');
    Reflect.set(Date, 'now', dateNow);
    Math.random = this.#random;
  }

  /** Lets time pass, and fires what is due. */
  pass(ms: number): void {
    this.#now += ms;
    const due = [...this.#timers].filter(({ at }) => at <= this.#now).sort((one, other) => one.at - other.at);
    for (const timer of due) if (this.#timers.delete(timer)) timer.run();
  }

  /** The machine is suspended: its monotonic clock stands still meanwhile. Less than zero: the wall clock is set back. */
  jump(ms: number): void {
    this.#lead += ms;
  }
}

const dateNow = Date.now;
