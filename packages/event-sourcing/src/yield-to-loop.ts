/** Lets timers, sockets and whatever else is ready have their turn: a loop that only awaits promises keeps them all waiting. */
export function yieldToLoop(): Promise<void> {
  return new Promise((resolve) => {
    // Browsers have no setImmediate.
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}

/** Says, now and then, that it is time to {@link yieldToLoop}: work of so many microseconds each is not worth it every time. */
export class YieldPacer {
  readonly #every: number;
  #count = 0;

  constructor(every: number) {
    this.#every = every;
  }

  isDue(): boolean {
    this.#count = (this.#count + 1) % this.#every;
    return this.#count === 0;
  }
}
