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

/** A write: what to look up, and how to plan by what was found. */
export interface Transaction<Result> {
  readonly question: Question;
  /** Ends the waits before something is planned; it never fires once a plan that is to be written was made. */
  readonly signal?: AbortSignal | undefined;
  /** Rows can be computed again, so that a backend need not wait for the disk. */
  readonly writes: 'events' | 'rows';
  /** How to plan without looking, while nobody else has written. */
  readonly remembered?: Remembered<Result>;
  /**
   * Plans by all that was found so far (`foundTogether`), or says what else to look up first. Synchronous, and pure: it may be called again by what
   * another look found. What it throws is thrown by the transaction.
   */
  readonly plan: (found: Found) => Planned<Result> | MoreToLookUp;
}

/**
 * A plan by what the engine remembers. A backend that can tell, within the transaction that writes, that the log still is as the token
 * says, makes this plan and looks nothing up. `undefined`: what is remembered is not enough.
 */
export interface Remembered<Result> {
  /** What the log was when this was remembered. */
  readonly token: unknown;
  /** Plans without looking. */
  readonly plan: () => Planned<Result> | undefined;
}

/** What a transaction was, and what it left. */
export interface Transacted<Result> extends Planned<Result> {
  /** What the next plan is compared with; `undefined` where nothing may be remembered. */
  readonly token: unknown;
  readonly wasRemembered: boolean;
}

/** The rows or keys that an index query finds, with checkpoint and head of the same moment. */
export interface FoundRows {
  readonly head: Position;
  readonly checkpoint: Position | undefined;
  /** In the order of their keys; the row as it is stored, `undefined` where only keys were asked for. */
  readonly rows: readonly KeyedRow<unknown>[];
}

/** Which rows an index query wants: with their content, or their keys alone. */
export interface WantedRows extends RowQuery {
  readonly wanted: 'rows' | 'keys';
}

/** How many rows an index has under a value, with checkpoint and head of the same moment. */
export interface CountedRows extends Pick<FoundRows, 'checkpoint' | 'head'> {
  readonly count: number;
}

/** What a log is read by: the same object for each page that one reader reads, so that a backend may remember how far to look. */
export interface LogRange {
  readonly filter: EventFilter | undefined;
  /** About so many events. */
  readonly pageSize: number;
}

/**
 * What a store is to the engine: a place that looks up, writes and reads, and knows nothing of commands, projections or receipts. All
 * rules stand in the engine. `backendContract` of the testkit holds one to this.
 *
 * Any method may reject with `StoreUnavailable`, `StoreDamaged`, `StoreForeign` or `StoreFull`. A wait that is over ends a call within
 * 100 ms, but for a write that has begun. The engine refuses calls whose wait is over before, and all after `close`.
 */
export interface Backend {
  /** Which store this is, for faults to say. */
  readonly name: string;
  readonly form: StoredForm;
  /** Where it keeps its consumers. */
  readonly consumers: ConsumerBackend;
  /**
   * Looks up, plans and writes as one: what was found holds until the plan is written. An empty plan writes nothing.
   *
   * @throws AnswerLost when it may or may not have been written.
   */
  transact<Result>(transaction: Transaction<Result>): Promise<Transacted<Result>>;
  /** Whether a plan whose answer was lost is written. Once it says no, the plan never will be. */
  wasWritten(plan: Plan): Promise<boolean>;
  /** Looks up, all of one moment. */
  look(question: Question, wait?: WaitOptions): Promise<Found>;
  /** Whether nobody has written since this token; absent where that can't be told without asking. */
  isCurrent?(token: unknown): boolean;
  /** @throws RangeError when the limit is out of its range. */
  query(target: ModelTarget, query: WantedRows, wait?: WaitOptions): Promise<FoundRows>;
  /** Counts the rows that an index has under a value. */
  count(target: ModelTarget, query: RowCount, wait?: WaitOptions): Promise<CountedRows>;
  /** The events of a part of a stream. */
  readStream(streamId: StreamId, part: StreamPart, wait?: WaitOptions): Promise<StreamPage>;
  /** The next whole appends after a position. @throws PositionUnknown when it stands for no event of the log. */
  readLog(after: Position, range: LogRange, wait?: WaitOptions): Promise<ReadAhead>;
  /** One stream after another; absent where that is not faster than the log. */
  readStreams?(options: ReadStreamsOptions): AsyncIterable<readonly RecordedEvent[]>;
  /** The receipts behind one, in an order that stays; absent where they can't be listed. */
  readReceipts?(after: ReceiptKey | undefined, limit: number, wait?: WaitOptions): Promise<readonly StreamReceipt[]>;
  /** Whether the event that a position stands for is in the log. */
  has(position: Position, wait?: WaitOptions): Promise<boolean>;
  /** Makes the live read model of this name, if it is not there. */
  openModel(name: string, wait?: WaitOptions): Promise<void>;
  /** Makes an empty shadow of a read model. An earlier one is gone from then on. */
  beginShadow(name: string, wait?: WaitOptions): Promise<ModelId>;
  /** Resolves when something may have been written, when the signal fires, after `withinMs`, or when the backend is closed. */
  changed(signal: AbortSignal, withinMs?: number): Promise<void>;
  /**
   * Closing has begun, and `writing` resolves when the last append has ended: so that a backend can give up a server that says nothing.
   * Absent where no call waits for another machine.
   */
  closing?(writing: Promise<void>): Promise<void>;
  /** Lets what has begun end. Twice is once. */
  close(): Promise<void>;
}

/** It is not known whether a transaction was written: the engine asks `wasWritten`. */
export class AnswerLost extends Error {
  /** What to say if it was not written. */
  readonly fault: unknown;
  /** Whether it may be tried once more, if it was not written. */
  readonly next: 'try-again' | 'give-up';

  constructor(fault: unknown, next: 'try-again' | 'give-up') {
    super('the answer to a transaction was lost', { cause: fault });
    this.name = 'AnswerLost';
    this.fault = fault;
    this.next = next;
  }
}
