import type { Connection } from './backlog.js';

/** The most bytes waiting to be parsed: 192 connections can send 64 KB each at the same time. */
const MOST_WAITING = 12 * 2 ** 20;

/**
 * The received bytes that wait to be parsed. Above `most` bytes, the connections with the most of them are closed: an
 * ordinary client sends little compared with an attacker who pipelines.
 */
export class WaitingBytes {
  readonly #most: number;
  readonly #waiting = new Map<Connection, number>();
  #total = 0;

  constructor(most: number = MOST_WAITING) {
    this.#most = most;
  }

  /** Sets how many bytes of a connection wait. May close connections, as described above. */
  setWaiting(connection: Connection, bytes: number): void {
    this.#total += bytes - (this.#waiting.get(connection) ?? 0);
    if (bytes === 0) this.#waiting.delete(connection);
    else this.#waiting.set(connection, bytes);
    while (this.#total > this.#most) this.#closeLargest();
  }

  #closeLargest(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    let [largest, most] = first;
    for (const [connection, bytes] of this.#waiting) if (bytes > most) [largest, most] = [connection, bytes];
    this.#total -= most;
    this.#waiting.delete(largest);
    largest.destroy();
  }
}
