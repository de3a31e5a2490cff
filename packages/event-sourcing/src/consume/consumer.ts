import type { ConsumerState } from '../streams/observe.js';
import type { Instant } from '../values/instant.js';
import type { Closing } from '../store/closed-by.js';
import type { EventFilter } from '../streams/event-filter.js';
import type { RecordedEvent } from '../streams/event.js';
import type { Position } from '../values/position.js';
import { aFunction, aSignal, listOf, mustBe, optional, optionsWith, wholeNumber } from '../options/option-rules.js';
import { parseOptions, type OptionRules } from '../options/parse-options.js';

/** The fencing token: it tells the current lease on a consumer from all earlier ones. */
export interface Fence {
  readonly session: string;
  readonly run: number;
  readonly version: bigint;
}

/** The second argument of a handler. */
export interface Handling {
  /** The checkpoint once these events are handled. */
  readonly position: Position;
  /**
   * The fencing token of the lease: its holder, and the number of writes of the consumer's record. Each later lease has
   * a larger version.
   */
  readonly fence: Fence;
  /** The number of this attempt at these events in this process: 1, 2, … */
  readonly attempt: number;
  /**
   * Aborts when the lease is lost, the time-out passes or the consumer closes. From then on another process may handle
   * the same events.
   */
  readonly signal: AbortSignal;
}

/**
 * Handles events: whole appends, in commit order. The events count as handled once it resolves, and are retried when it
 * rejects.
 */
export type Handle = (events: readonly RecordedEvent[], handling: Handling) => unknown;

/** The options of a consumer. All but `name` and `handle` have defaults. */
export interface ConsumeOptions {
  /**
   * The name its checkpoint is stored under: 1 to 200 characters, no control characters. Another name is another
   * consumer.
   */
  readonly name: string;
  readonly handle: Handle;
  /** Only events of these categories. */
  readonly filter?: EventFilter;
  /** Where a consumer with a new name begins: after this position. Default: at the first event. */
  readonly from?: Position;
  /**
   * About this many events in one call, 1 to 10,000. A call always ends with a whole append, so it may hold more.
   * Default 100.
   */
  readonly pageSize?: number;
  /**
   * How long a call may take before it counts as failed and another process may take over. 1 to 86,400,000 ms, default
   * 120,000.
   */
  readonly handleTimeoutMs?: number;
  /** Closes the consumer. */
  readonly signal?: AbortSignal;
}

/** The last failure, in the handler or in the store. */
export interface ConsumerFailure {
  readonly at: Instant;
  /** The thrown value. */
  readonly error: unknown;
  /** The number of failed attempts in a row. */
  readonly attempts: number;
}

/** The state of a consumer, as this process knows it. */
export interface ConsumerStatus {
  readonly name: string;
  readonly state: ConsumerState;
  /** All events up to here are handled, by any process; `undefined` before the first answer of the store. */
  readonly position: Position | undefined;
  /** How many seconds the oldest known unhandled event has waited; 0 when all are handled. `undefined` in `standby`. */
  readonly lag: number | undefined;
  readonly lastFailure?: ConsumerFailure;
}

/** Handles every event at least once, in commit order, from the checkpoint stored under its name. */
export interface Consumer extends Closing {
  /** The current state. It does not ask the store. */
  status(): ConsumerStatus;
}

const LONGEST_NAME = 200;
const LONGEST_HANDLE_MS = 86_400_000;
const LARGEST_PAGE = 10_000;

const OPTIONS: OptionRules<ConsumeOptions> = {
  name: mustBe('a text of 1 to 200 characters, not blank and without control characters', isName),
  handle: aFunction,
  filter: optional(optionsWith({ categories: listOf('categories', (category) => typeof category === 'string') })),
  from: optional(mustBe('a position', (from) => typeof from === 'bigint' && from >= 0n)),
  pageSize: optional(wholeNumber(1, LARGEST_PAGE)),
  handleTimeoutMs: optional(wholeNumber(1, LONGEST_HANDLE_MS)),
  signal: optional(aSignal),
};

/** Parses the options of `store.consume`. @throws RangeError that names an unknown or malformed option. */
export function parseConsumeOptions(options: ConsumeOptions): ConsumeOptions {
  return parseOptions(options, 'consume', OPTIONS);
}

function isName(name: unknown): boolean {
  return (
    typeof name === 'string' &&
    name.trim() !== '' &&
    name.length <= LONGEST_NAME &&
    name.isWellFormed() &&
    !/\p{Cc}/u.test(name)
  );
}
