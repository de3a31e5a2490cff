/** So many are done in one turn of the event loop. */
const AT_ONCE = 16;

/** What is done a few at a time, in the order it came, so that all else is served in between: requests that stand behind others. */
export class Turns {
  #waiting: (() => void)[] = [];

  /** Has it done in one of the next turns. */
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
