/** A connection that can be closed at once. */
export interface Connection {
  destroy(): unknown;
}

/** The most bytes that a port buffers for clients that do not read their answers. */
export const MOST_BUFFERED: number = 16 * 2 ** 20;

/**
 * The most bytes counted for one answer, because a client of a large answer, such as a file, is not slow for that.
 */
export const MOST_COUNTED: number = 262_144;

/**
 * The bytes that a port buffers for clients that read too slowly: unsent answers, and the requests behind them. Above
 * the limit, the connections that have been slow for the longest are closed.
 */
export class BufferedBytes {
  readonly #most: number;
  readonly #buffered = new Map<Connection, number>();
  #total = 0;

  constructor(most: number = MOST_BUFFERED) {
    this.#most = most;
  }

  /** Sets how many bytes are buffered for a connection. May close slow connections. */
  setBuffered(connection: Connection, bytes: number): void {
    this.#total += bytes - (this.#buffered.get(connection) ?? 0);
    if (bytes === 0) this.#buffered.delete(connection);
    else this.#buffered.set(connection, bytes);
    for (const [oldest] of this.#buffered) {
      if (this.#total <= this.#most) return;
      this.setBuffered(oldest, 0);
      oldest.destroy();
    }
  }
}
