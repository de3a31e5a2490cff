/** What can be cut off. */
export interface Connection {
  destroy(): unknown;
}

/** The most bytes that a port keeps for clients who don't take in what they asked for. */
export const MOST_KEPT: number = 16 * 2 ** 20;

/** Of one answer in hand no more is counted: a large one, as of a file, does not mean that a client reads nothing. */
export const MOST_COUNTED: number = 262_144;

/**
 * What a port keeps for clients who ask for more than they take in: answers that are unsent, and requests behind them. Of more than is
 * kept for all, the connections that have left something for the longest are cut off.
 */
export class Backlog {
  readonly #most: number;
  readonly #kept = new Map<Connection, number>();
  #total = 0;

  constructor(most: number = MOST_KEPT) {
    this.#most = most;
  }

  /** So many bytes are kept for a connection now. */
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
