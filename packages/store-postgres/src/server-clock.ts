/**
 * How late a plan may reach the server. It is limited, because the plan's recording time was read before. The time
 * counts from the server's last answer, so it includes the round trip.
 */
const ALLOWED_DELAY_MS = 250;

/** The server's clock, as of its last answer. */
export class ServerClock {
  #lastAnswer = { now: 0, at: 0 };

  /** Sets the server's time, in milliseconds since 1970. */
  update(now: number): void {
    this.#lastAnswer = { now, at: performance.now() };
  }

  /** The latest server time for a plan made now, in milliseconds. */
  notAfter(): number {
    return this.#lastAnswer.now + Math.ceil(performance.now() - this.#lastAnswer.at) + ALLOWED_DELAY_MS;
  }
}
