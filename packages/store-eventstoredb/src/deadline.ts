import { LONGEST_TIMER_MS, numberBetween, optional, type OptionRules } from '@login-policy/event-sourcing/options';
import { pause } from '@login-policy/event-sourcing/store';

/** How long each thing may take, in milliseconds. None of them is left to the server or the client. */
export interface Timeouts {
  /** One append: its wait for others of the same stream, and as long again for its answer, which is looked up then. Default 5,000. */
  readonly appendMs?: number;
  /** Finding out what became of an append whose answer was lost. Default 30,000. */
  readonly lookupMs?: number;
  /** The silence of a connection or of a read of one stream before it is tried again. Default 10,000. */
  readonly readMs?: number;
  /** The same for a read of everything, where a filter may pass over much. Default 60,000. */
  readonly scanMs?: number;
  /** How long reads are tried again while the server can't be reached. Default 15,000. */
  readonly retryMs?: number;
  /** How often a store whose subscription hears nothing looks whether the server went on without it. Default 500. */
  readonly probeMs?: number;
  /** How long an event that is known to exist may fail to arrive before the call is begun anew. Default 5,000. */
  readonly stallMs?: number;
  /** What closing waits for appends under way. Default 5,000. */
  readonly closeMs?: number;
}

const DEFAULTS: Required<Timeouts> = {
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
  appendMs: time,
  lookupMs: time,
  readMs: time,
  scanMs: time,
  retryMs: time,
  probeMs: time,
  stallMs: time,
  closeMs: time,
};

/** Fills in the defaults, also for those that are given as `undefined`. */
export function timeoutsOf(given: Timeouts = {}): Required<Timeouts> {
  const named = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...DEFAULTS, ...Object.fromEntries(named) };
}

/** Waits before the next attempt: at random up to 20, 40, 80 … 2,000 ms, so that not all come back at once. */
export function backOff(attempt: number, signal?: AbortSignal): Promise<void> {
  return pause(attempt, { firstMs: 20, longestMs: 2000, signal });
}
