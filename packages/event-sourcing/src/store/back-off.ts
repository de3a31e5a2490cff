import { within } from './time-out.js';

const [FIRST_MS, LONGEST_MS] = [1, 64] as const;
const [FIRST_IN_OUTAGE_MS, LONGEST_IN_OUTAGE_MS] = [50, 60_000] as const;

/** Between which pauses a back-off grows, in milliseconds, and what ends one. */
export interface BackOff {
  readonly firstMs?: number;
  readonly longestMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits before the next attempt: at random up to 1, 2, 4 … 64 ms, or whatever is said, so that those who met do not meet again.
 * `attempt` counts from 1.
 */
export async function pause(attempt: number, { firstMs, longestMs, signal }: BackOff = {}): Promise<void> {
  const ms = Math.random() * Math.min((firstMs ?? FIRST_MS) * 2 ** (attempt - 1), longestMs ?? LONGEST_MS);
  await within(new Promise<void>(() => undefined), ms, signal);
}

/** The pauses between attempts while a store is away: 50 ms, then twice as long each time up to a minute, less up to half at random. */
export class OutagePauses {
  #next: number = FIRST_IN_OUTAGE_MS;

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
