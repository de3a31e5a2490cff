import type { Connection } from './buffered-bytes.js';

/** The most unparsed bytes: 192 connections can send 64 KB each at the same time. */
const MOST_UNPARSED = 12 * 2 ** 20;

/**
 * The received bytes that are not parsed yet. Above `most` bytes, the connections with the most of them are closed,
 * because an ordinary client sends little compared with an attacker who pipelines.
 */
export class UnparsedBytes {
  readonly #most: number;
  readonly #byConnection = new Map<Connection, number>();
  #total = 0;

  constructor(most: number = MOST_UNPARSED) {
    this.#most = most;
  }

  /** Sets how many bytes of a connection are not parsed yet. May close the largest connections. */
  setUnparsed(connection: Connection, bytes: number): void {
    this.#total += bytes - (this.#byConnection.get(connection) ?? 0);
    if (bytes === 0) this.#byConnection.delete(connection);
    else this.#byConnection.set(connection, bytes);
    while (this.#total > this.#most) this.#closeLargest();
  }

  #closeLargest(): void {
    const [first] = this.#byConnection;
    if (first === undefined) return;
    let [largest, most] = first;
    for (const [connection, bytes] of this.#byConnection) if (bytes > most) [largest, most] = [connection, bytes];
    this.#total -= most;
    this.#byConnection.delete(largest);
    largest.destroy();
  }
}
