import { LONGEST_TIMER_MS, numberBetween, optional, type OptionRules } from '@login-policy/event-sourcing/options';
import { pause } from '@login-policy/event-sourcing/store';

/** Time-outs in milliseconds. None of them depends on the server's or the client's settings. */
export interface Timeouts {
  /** How long an append waits for its turn behind others of this process. Default 60,000. */
  readonly turnMs?: number;
  /**
   * For one append whose turn it is: how long it waits for a connection and conflicts, and again for the server's
   * answer. A lost answer is then looked up. Default 5,000.
   */
  readonly appendMs?: number;
  /** For finding out the outcome of an append whose answer was lost. Default 30,000. */
  readonly lookupMs?: number;
  /** How long a connection, or a read of one stream, may be silent before it is retried. Default 10,000. */
  readonly readMs?: number;
  /** Like `readMs`, for a read of the whole log, in which a filter may skip many events. Default 60,000. */
  readonly scanMs?: number;
  /** How long reads are retried while the server can't be reached. Default 15,000. */
  readonly retryMs?: number;
  /** How often a store whose subscription is silent checks whether the server has new events. Default 500. */
  readonly probeMs?: number;
  /** How long an event that is known to exist may be late before the call is restarted. Default 5,000. */
  readonly stallMs?: number;
  /** How long closing waits for running appends. Default 5,000. */
  readonly closeMs?: number;
}

const DEFAULTS: Required<Timeouts> = {
  turnMs: 60_000,
  appendMs: 5000,
  lookupMs: 30_000,
  readMs: 10_000,
  scanMs: 60_000,
  retryMs: 15_000,
  probeMs: 500,
  stallMs: 5000,
  closeMs: 5000,
};

const time = optional(numberBetween(1, LONGEST_TIMER_MS));

export const TIMEOUTS: OptionRules<Timeouts> = {
  turnMs: time,
  appendMs: time,
  lookupMs: time,
  readMs: time,
  scanMs: time,
  retryMs: time,
  probeMs: time,
  stallMs: time,
  closeMs: time,
};

/** Fills in the defaults, also for options given as `undefined`. */
export function timeoutsOf(given: Timeouts = {}): Required<Timeouts> {
  const named = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...DEFAULTS, ...Object.fromEntries(named) };
}

/**
 * Waits before the next attempt: a random time up to 20, 40, 80 … 2,000 ms, so that clients do not all retry at once.
 */
export function backOff(attempt: number, signal?: AbortSignal): Promise<void> {
  return pause(attempt, { firstMs: 20, longestMs: 2000, signal });
}
