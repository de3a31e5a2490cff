import type { Connection } from './backlog.js';

/** The most bytes that wait for their turn to be parsed: 192 connections at once may send 64 KB each. */
const MOST_WAITING = 12 * 2 ** 20;

/**
 * What has arrived and waits for its turn to be parsed. When it is more than `most` bytes, the connections with the most of it are cut off:
 * what an ordinary client sends is small beside what an attacker pipelines.
 */
export class WaitingBytes {
  readonly #most: number;
  readonly #waiting = new Map<Connection, number>();
  #total = 0;

  constructor(most: number = MOST_WAITING) {
    this.#most = most;
  }

  /** So many bytes of a connection wait now. */
  note(connection: Connection, bytes: number): void {
    this.#total += bytes - (this.#waiting.get(connection) ?? 0);
    if (bytes === 0) this.#waiting.delete(connection);
    else this.#waiting.set(connection, bytes);
    while (this.#total > this.#most) this.#cutLargest();
  }

  #cutLargest(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    let [largest, most] = first;
    for (const [connection, bytes] of this.#waiting) if (bytes > most) [largest, most] = [connection, bytes];
    this.#total -= most;
    this.#waiting.delete(largest);
    largest.destroy();
  }
}
