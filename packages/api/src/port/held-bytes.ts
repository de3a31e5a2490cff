/** A connection that can be closed at once. */
export interface Connection {
  destroy(): unknown;
}

type BytesByConnection = ReadonlyMap<Connection, number>;

/** The most bytes that a port buffers for clients that do not read their answers. */
const MOST_BUFFERED = 16 * 2 ** 20;

/** The most unparsed bytes: 192 connections can send 64 KB each at the same time. */
const MOST_UNPARSED = 12 * 2 ** 20;

/**
 * The most bytes counted for one answer, because a client of a large answer, such as a file, is not slow for that.
 */
export const MOST_COUNTED: number = 262_144;

/** The bytes that a port holds for its connections. Above the limit, it closes one connection after another. */
export class HeldBytes {
  readonly #most: number;
  readonly #firstToClose: (bytes: BytesByConnection) => Connection | undefined;
  readonly #byConnection = new Map<Connection, number>();
  #total = 0;

  private constructor(most: number, firstToClose: (bytes: BytesByConnection) => Connection | undefined) {
    this.#most = most;
    this.#firstToClose = firstToClose;
  }

  /**
   * The bytes buffered for clients that read too slowly: unsent answers, and the requests behind them. The connections
   * that have been slow for the longest are closed first.
   */
  static buffered(): HeldBytes {
    return new HeldBytes(MOST_BUFFERED, (bytes) => bytes.keys().next().value);
  }

  /**
   * The received bytes that are not parsed yet. The connections with the most of them are closed first, because an
   * ordinary client sends little compared with an attacker who pipelines.
   */
  static unparsed(): HeldBytes {
    return new HeldBytes(MOST_UNPARSED, largestIn);
  }

  /** Sets how many bytes are held for a connection. May close connections. */
  set(connection: Connection, bytes: number): void {
    this.#count(connection, bytes);
    while (this.#total > this.#most) {
      const first = this.#firstToClose(this.#byConnection);
      if (first === undefined) return;
      this.#count(first, 0);
      first.destroy();
    }
  }

  #count(connection: Connection, bytes: number): void {
    this.#total += bytes - (this.#byConnection.get(connection) ?? 0);
    if (bytes === 0) this.#byConnection.delete(connection);
    else this.#byConnection.set(connection, bytes);
  }
}

function largestIn(bytes: BytesByConnection): Connection | undefined {
  let [largest, most]: readonly [Connection | undefined, number] = [undefined, 0];
  for (const [connection, count] of bytes) if (count > most) [largest, most] = [connection, count];
  return largest;
}
