/** The number of tasks in one turn of the event loop. */
const AT_ONCE = 16;

/**
 * Runs tasks in order, a few in each turn of the event loop, so that other work is served in between. For pipelined
 * requests.
 */
export class Turns {
  #waiting: (() => void)[] = [];

  /** Queues a task for one of the next turns. */
  add(act: () => void): void {
    if (this.#waiting.push(act) === 1) setImmediate(() => this.#take());
  }

  #take(): void {
    const now = this.#waiting.slice(0, AT_ONCE);
    this.#waiting = this.#waiting.slice(AT_ONCE);
    if (this.#waiting.length > 0) setImmediate(() => this.#take());
    for (const act of now) act();
  }
}
