import type { ConsumerBackend } from '../consume/consumer-backend.js';
import type { WaitOptions } from '../deadline.js';
import type { KeyedRow, RowCount, RowQuery } from '../projections/read-model-store.js';
import type { EventFilter } from '../streams/event-filter.js';
import type { ReadStreamsOptions, StreamReceipt } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import type { Position } from '../streams/position.js';
import type { StreamId } from '../streams/stream-id.js';
import type { ReadAhead } from '../store/feed.js';
import type { StreamPage, StreamPart } from '../store/stream-pages.js';
import type { MoreToLookUp, Plan, Planned } from './plan.js';
import type { StoredForm } from './plan-appends.js';
import type { Found, ModelId, ModelTarget, Question, ReceiptKey } from './view.js';

/** A write: what to look up, and how to plan from the result. */
export interface Transaction<Result> {
  readonly question: Question;
  /** Ends waits before the write is planned. It does not abort after a plan to write was made. */
  readonly signal?: AbortSignal | undefined;
  /** Rows can be computed again, so a backend need not sync them. */
  readonly writes: 'events' | 'rows';
  /** How to plan from the cache, while no other writer has written. */
  readonly remembered?: Remembered<Result>;
  /**
   * Plans from everything found so far (`foundTogether`), or returns what else to look up. Synchronous and pure: it may
   * be called again with the result of another look-up. The transaction throws what it throws.
   */
  readonly plan: (found: Found) => Planned<Result> | MoreToLookUp;
}

/**
 * A plan from the engine's cache. A backend uses it instead of looking anything up when it can tell, within the writing
 * transaction, that the log is still as the token says. `undefined`: the cache does not suffice.
 */
export interface Remembered<Result> {
  /** The state of the log when this was cached. */
  readonly token: unknown;
  /** Plans without a look-up. */
  readonly plan: () => Planned<Result> | undefined;
}

/** The outcome of a transaction. */
export interface Transacted<Result> extends Planned<Result> {
  /** The token for the next plan; `undefined` when nothing may be cached. */
  readonly token: unknown;
  readonly wasRemembered: boolean;
}

/** The rows or keys of an index query, with checkpoint and head of the same snapshot. */
export interface FoundRows {
  readonly head: Position;
  readonly checkpoint: Position | undefined;
  /** In key order, as stored; `undefined` when only keys were asked for. */
  readonly rows: readonly KeyedRow<unknown>[];
}

/** Whether an index query returns rows or only their keys. */
export interface WantedRows extends RowQuery {
  readonly wanted: 'rows' | 'keys';
}

/** The number of rows an index has under a value, with checkpoint and head of the same snapshot. */
export interface CountedRows extends Pick<FoundRows, 'checkpoint' | 'head'> {
  readonly count: number;
}

/**
 * How a log is read. One reader passes the same object for each page, so that a backend may remember how far to look.
 */
export interface LogRange {
  readonly filter: EventFilter | undefined;
  /** About so many events. */
  readonly pageSize: number;
}

/**
 * A storage backend: it looks up, writes and reads, and knows nothing of commands, projections or receipts. All rules
 * are in the engine. The testkit's `backendContract` tests a backend.
 *
 * Any method may reject with `StoreUnavailable`, `StoreDamaged`, `StoreForeign` or `StoreFull`. A call ends within 100
 * ms of its signal, except for a write that has begun. The engine refuses calls whose signal has already fired, and all
 * calls after `close`.
 */
export interface Backend {
  /** The store's name, for faults. */
  readonly name: string;
  readonly form: StoredForm;
  /** The backend of consumers. */
  readonly consumers: ConsumerBackend;
  /**
   * Looks up, plans and writes atomically: what was found is still true when the plan is written. An empty plan writes
   * nothing.
   *
   * @throws AnswerLost when the outcome of the write is unknown.
   */
  transact<Result>(transaction: Transaction<Result>): Promise<Transacted<Result>>;
  /** Whether a plan whose answer was lost is written. After the answer `false`, it never will be. */
  wasWritten(plan: Plan): Promise<boolean>;
  /** Looks things up in one snapshot. */
  look(question: Question, wait?: WaitOptions): Promise<Found>;
  /** Whether no writer has written since this token; absent where that can't be told without a query. */
  isCurrent?(token: unknown): boolean;
  /** @throws RangeError when the limit is out of range. */
  query(target: ModelTarget, query: WantedRows, wait?: WaitOptions): Promise<FoundRows>;
  /** Counts the rows an index has under a value. */
  count(target: ModelTarget, query: RowCount, wait?: WaitOptions): Promise<CountedRows>;
  /** The events of a part of a stream. */
  readStream(streamId: StreamId, part: StreamPart, wait?: WaitOptions): Promise<StreamPage>;
  /** The next whole appends after a position. @throws PositionUnknown when no event of the log is at it. */
  readLog(after: Position, range: LogRange, wait?: WaitOptions): Promise<ReadAhead>;
  /** Reads one stream after another; absent where that is not faster than reading the log. */
  readStreams?(options: ReadStreamsOptions): AsyncIterable<readonly RecordedEvent[]>;
  /** The receipts after a given one, in a stable order; absent where they can't be listed. */
  readReceipts?(after: ReceiptKey | undefined, limit: number, wait?: WaitOptions): Promise<readonly StreamReceipt[]>;
  /** Whether the log has an event at the position. */
  has(position: Position, wait?: WaitOptions): Promise<boolean>;
  /** Creates the live read model of this name if it is missing. */
  openModel(name: string, wait?: WaitOptions): Promise<void>;
  /** Creates an empty shadow of a read model and discards an earlier one. */
  beginShadow(name: string, wait?: WaitOptions): Promise<ModelId>;
  /**
   * Resolves when something may have been written, when the signal fires, after `withinMs`, or when the backend is
   * closed.
   */
  changed(signal: AbortSignal, withinMs?: number): Promise<void>;
  /**
   * Announces a close. `writing` resolves when the last append has ended, so that a backend can then stop waiting for a
   * server that does not answer. Absent where no call waits for another machine.
   */
  closing?(writing: Promise<void>): Promise<void>;
  /** Completes running work, then closes. Idempotent. */
  close(): Promise<void>;
}

/** The outcome of a transaction is unknown. The engine then calls `wasWritten`. */
export class AnswerLost extends Error {
  /** The fault to report if it was not written. */
  readonly fault: unknown;
  /** Whether to retry if it was not written. */
  readonly next: 'try-again' | 'give-up';

  constructor(fault: unknown, next: 'try-again' | 'give-up') {
    super('the answer to a transaction was lost', { cause: fault });
    this.name = 'AnswerLost';
    this.fault = fault;
    this.next = next;
  }
}
