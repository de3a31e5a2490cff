/**
 * How many subscriptions may hold a call of their own. A connection to the server carries 100 calls at a time, and all
 * clients of a process share it: subscriptions without number would leave no room to read and write.
 */
export class LiveSlots {
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  /** Whether there was one left. Who was given one has to {@link give} it back. */
  take(): boolean {
    if (this.#free === 0) return false;
    this.#free -= 1;
    return true;
  }

  give(): void {
    this.#free += 1;
  }
}
