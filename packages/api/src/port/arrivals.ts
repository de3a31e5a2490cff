import { setImmediate as nextTurn } from 'node:timers/promises';

/** The most turns of the event loop between accepting a connection and its first request. */
const TURNS = 4;
/** The most passes of the wait, which must also end while connections keep arriving. */
const MOST_PASSES = 25;

/** Counts arriving connections and requests. */
export class Arrivals {
  #count = 0;

  /** Counts an arrival. */
  count(): void {
    this.#count++;
  }

  /** Resolves when nothing has arrived for a few turns of the event loop. */
  async untilQuiet(): Promise<void> {
    let seen = -1;
    for (let pass = 0; pass < MOST_PASSES && seen !== this.#count; pass++) {
      seen = this.#count;
      for (let turn = 0; turn < TURNS; turn++) await nextTurn();
    }
  }
}
