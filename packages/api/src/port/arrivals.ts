import { setImmediate as nextTurn } from 'node:timers/promises';

/** From a connection that the system has taken in to its first request it takes no more turns of the event loop. */
const TURNS = 4;
/** While more comes in all the time, nobody waits for the last of it. */
const MOST_PASSES = 25;

/** Connections and requests as they come in. */
export class Arrivals {
  #count = 0;

  /** One came. */
  count(): void {
    this.#count++;
  }

  /** Resolves when none came for a few turns of the event loop. */
  async haveSettled(): Promise<void> {
    let seen = -1;
    for (let pass = 0; pass < MOST_PASSES && seen !== this.#count; pass++) {
      seen = this.#count;
      for (let turn = 0; turn < TURNS; turn++) await nextTurn();
    }
  }
}
