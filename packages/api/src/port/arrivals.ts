import { setImmediate as nextTurn } from 'node:timers/promises';

/** The most turns of the event loop between accepting a connection and its first request. */
const TURNS = 4;
/** The fewest and the most passes of the wait, which must also end while connections keep arriving. */
const [LEAST_PASSES, MOST_PASSES] = [2, 25];

/** Counts arriving connections and requests. */
export class Arrivals {
  #count = 0;

  /** Counts an arrival. */
  count(): void {
    this.#count++;
  }

  /** Resolves when nothing has arrived for a few turns of the event loop, or after this time: busy turns are long. */
  async untilQuiet(mostMs: number): Promise<void> {
    const endsAt = performance.now() + mostMs;
    let seen = -1;
    for (let pass = 0; pass < MOST_PASSES && seen !== this.#count; pass++) {
      if (pass >= LEAST_PASSES && performance.now() > endsAt) return;
      seen = this.#count;
      for (let turn = 0; turn < TURNS; turn++) await nextTurn();
    }
  }
}
