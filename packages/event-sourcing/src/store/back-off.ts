import { within } from './time-out.js';

const [FIRST_MS, LONGEST_MS] = [1, 64] as const;
const [FIRST_IN_OUTAGE_MS, LONGEST_IN_OUTAGE_MS] = [50, 60_000] as const;

/** The longest pause before a store that is away is asked again: a process goes on soon after it is back. */
export const STORE_AWAY_MS = 5000;

/** The range of a back-off's pauses, in milliseconds, and the signal that ends one. */
export interface BackOff {
  readonly firstMs?: number;
  readonly longestMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits before the next attempt: a random time of up to 1, 2, 4 … 64 ms (or the given range), so that writers which
 * collided do not collide again. `attempt` counts from 1.
 */
export async function pause(attempt: number, { firstMs, longestMs, signal }: BackOff = {}): Promise<void> {
  const ms = Math.random() * Math.min((firstMs ?? FIRST_MS) * 2 ** (attempt - 1), longestMs ?? LONGEST_MS);
  await within(new Promise<void>(() => undefined), ms, signal);
}

/** The pauses between failed attempts: 50 ms, doubled each time up to a minute, with up to half subtracted at random. */
export class OutagePauses {
  #next: number = FIRST_IN_OUTAGE_MS;

  /** The pause before the next attempt, in milliseconds. */
  next(longestMs: number = LONGEST_IN_OUTAGE_MS): number {
    const ms = Math.min(this.#next, longestMs);
    this.#next = Math.min(this.#next * 2, LONGEST_IN_OUTAGE_MS);
    return ms * (0.5 + Math.random() / 2);
  }

  /** Call it after a success. */
  reset(): void {
    this.#next = FIRST_IN_OUTAGE_MS;
  }
}
