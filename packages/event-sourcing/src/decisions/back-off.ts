const LONGEST_AFTER_CONFLICT_MS = 64;
const FIRST_IN_OUTAGE_MS = 50;
const LONGEST_IN_OUTAGE_MS = 60_000;

/** Waits before the next attempt after a conflict: at random up to 1, 2, 4 … 64 ms, so that writers who met do not meet again. */
export async function pause(attempt: number): Promise<void> {
  const ms = Math.random() * Math.min(2 ** (attempt - 1), LONGEST_AFTER_CONFLICT_MS);
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** The pauses between attempts while a store is away: 50 ms, then twice as long each time up to a minute, less up to half at random. */
export class OutagePauses {
  #next = FIRST_IN_OUTAGE_MS;

  /** How long to wait before the next attempt, in milliseconds. */
  next(): number {
    const ms = this.#next;
    this.#next = Math.min(ms * 2, LONGEST_IN_OUTAGE_MS);
    return ms * (0.5 + Math.random() / 2);
  }

  /** To be called after a success. */
  reset(): void {
    this.#next = FIRST_IN_OUTAGE_MS;
  }
}
