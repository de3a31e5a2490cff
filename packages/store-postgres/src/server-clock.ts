/**
 * How long a plan may take to reach the server, because its recording time was read before. Counted from the server's
 * last answer, so it includes the round trip.
 */
const LONGEST_WAY_MS = 250;

/** The server's clock, as of its last answer. */
export class ServerClock {
  #heard = { now: 0, at: 0 };

  /** Takes the server's time, in milliseconds since 1970. */
  update(now: number): void {
    this.#heard = { now, at: performance.now() };
  }

  /** The latest server time for a plan made now, in milliseconds. */
  notAfter(): number {
    return this.#heard.now + Math.ceil(performance.now() - this.#heard.at) + LONGEST_WAY_MS;
  }
}
