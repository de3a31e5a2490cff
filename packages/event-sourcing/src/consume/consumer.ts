import type { Instant } from '../instant.js';
import type { Closing } from '../store/closed-by.js';
import type { EventFilter } from '../streams/event-filter.js';
import type { RecordedEvent } from '../streams/event.js';
import type { Position } from '../streams/position.js';

/** By what a store tells who has the turn from who had it before. */
export interface Fence {
  readonly session: string;
  readonly run: number;
  readonly version: bigint;
}

/** What a handler is told beside its events. */
export interface Handling {
  /** Where the consumer is once these events are handled. */
  readonly position: Position;
  /** The fencing token of the turn: whose it is, and how often the record of the consumer was written. Each later turn has a larger version. */
  readonly fence: Fence;
  /** Which attempt at these events this is, by this process: 1, 2, … */
  readonly attempt: number;
  /** Fires when the turn was lost, the time is up or the consumer is closed: what the handler does from then on, another may do too. */
  readonly signal: AbortSignal;
}

/** Handles events: whole appends, in the order of commits. They are handled once it resolves, and tried again when it rejects. */
export type Handle = (events: readonly RecordedEvent[], handling: Handling) => unknown;

/** What a consumer is made of. Everything but its name and its handler has a default. */
export interface ConsumeOptions {
  /** What its checkpoint is kept under: 1 to 200 characters, no control characters. Another name is another consumer. */
  readonly name: string;
  readonly handle: Handle;
  /** Only events of these categories. */
  readonly filter?: EventFilter;
  /** Where a consumer begins whose name the store has never met: after this position. Default: with the first event. */
  readonly from?: Position;
  /** About so many events in one call, 1 to 10,000: more by the rest of the last append. Default 100. */
  readonly pageSize?: number;
  /** How long a call may take before it counts as failed, and another process may have the turn. 1 to 86,400,000 ms, default 120,000. */
  readonly handleTimeoutMs?: number;
  /** Closes the consumer. */
  readonly signal?: AbortSignal;
}

/**
 * - `standby`: another works under this name, or it is not yet known;
 * - `working`: this one handles what comes;
 * - `retrying`: the last attempt failed, the next one follows after a pause; the events behind it wait;
 * - `closed`: for good.
 */
export type ConsumerState = 'standby' | 'working' | 'retrying' | 'closed';

/** What went wrong last, in the handler or in the store. */
export interface ConsumerFailure {
  readonly at: Instant;
  /** What was thrown. */
  readonly error: unknown;
  /** How many attempts in a row have failed by now. */
  readonly attempts: number;
}

/** How a consumer is doing, as this process knows it. */
export interface ConsumerStatus {
  readonly name: string;
  readonly state: ConsumerState;
  /** Up to here everything is handled, by whichever process; `undefined` until the store was asked. */
  readonly position: Position | undefined;
  /** For how many seconds the oldest event that is known and not handled has been waiting; 0 when all are. `undefined` in `standby`. */
  readonly lag: number | undefined;
  readonly lastFailure?: ConsumerFailure;
}

/** Handles every event at least once, in the order of commits, from where the consumer of its name left off. */
export interface Consumer extends Closing {
  /** How it is doing now. Nothing is asked of the store. */
  status(): ConsumerStatus;
}
