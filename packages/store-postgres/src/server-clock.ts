/**
 * How late what was planned may come to the server, by its clock: the time of recording was read before. Counted from when the
 * server was heard last, so the way there and back is in it.
 */
const LATE_MS = 250;

/** The server's clock, as it was heard last. */
export class ServerClock {
  #heard = { now: 0, at: 0 };

  /** The server said that it is now so many milliseconds since 1970. */
  heard(now: number): void {
    this.#heard = { now, at: performance.now() };
  }

  /** Till when something planned now may come to the server, in milliseconds. */
  notAfter(): number {
    return this.#heard.now + Math.ceil(performance.now() - this.#heard.at) + LATE_MS;
  }
}
