/** A connection that can be closed at once. */
export interface Connection {
  destroy(): unknown;
}

/** The most bytes that a port buffers for clients that do not read their answers. */
export const MOST_KEPT: number = 16 * 2 ** 20;

/**
 * The most bytes counted for one answer: a large answer, such as a file, does not mean that its client reads nothing.
 */
export const MOST_COUNTED: number = 262_144;

/**
 * The bytes that a port buffers for clients that read too slowly: unsent answers, and the requests behind them. Above
 * the limit, the connections that have been slow for the longest are closed.
 */
export class Backlog {
  readonly #most: number;
  readonly #kept = new Map<Connection, number>();
  #total = 0;

  constructor(most: number = MOST_KEPT) {
    this.#most = most;
  }

  /** Notes how many bytes are buffered for a connection. */
  keep(connection: Connection, bytes: number): void {
    this.#total += bytes - (this.#kept.get(connection) ?? 0);
    if (bytes === 0) this.#kept.delete(connection);
    else this.#kept.set(connection, bytes);
    for (const [oldest] of this.#kept) {
      if (this.#total <= this.#most) return;
      this.keep(oldest, 0);
      oldest.destroy();
    }
  }
}
