// Taken when the module is loaded: a test suite that fakes its timers would stop every turn. Browsers have none.
const atNextTurn: (run: () => void) => unknown = globalThis.setImmediate ?? ((run) => setTimeout(run, 0));

/**
 * Yields to the event loop, so that timers and sockets are served. A loop that only awaits promises would starve them.
 */
export function yieldToLoop(): Promise<void> {
  return new Promise(atNextTurn);
}

/**
 * Lets a timer that fires late, because the event loop was blocked, come after what has arrived. The first turn reads
 * it; in the second, a reader that collects a burst hands it on.
 */
export async function readArrived(): Promise<void> {
  await yieldToLoop();
  await yieldToLoop();
}

/**
 * Says, now and then, that it is time for {@link yieldToLoop}: yielding after every few microseconds of work would be
 * too expensive.
 */
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
