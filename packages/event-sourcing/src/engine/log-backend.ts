import { acrossCopies } from '../values/across-copies.js';
import type { ConsumerBackend } from '../consume/consumer-backend.js';
import type { WaitOptions } from '../values/deadline.js';
import type { EventFilter } from '../streams/event-filter.js';
import type { ReadStreamOptions, ReadStreamsOptions, StreamReceipt, Trouble } from '../streams/event-store.js';
import type { EventMetadata, RecordedEvent } from '../streams/event.js';
import type { Position } from '../values/position.js';
import type { StreamId } from '../values/stream-id.js';
import type { ReadAhead } from '../store/read-through.js';
import type { StreamPage, StreamPart } from '../store/stream-pages.js';
import type { Plan, Planned, Found, Question } from './plan.js';
import type { StoredForm } from './stored-row.js';

/** A write: what to look up, and how to plan from the result. */
export interface Transaction<Result> {
  readonly question: Question;
  /** Ends waits before the write is planned. It does not abort after a plan to write was made. */
  readonly signal?: AbortSignal | undefined;
  /** What the plans write. Rows can be computed again, so a backend need not sync them. */
  readonly writes: 'events' | 'rows';
  /** None of its appends expects an exact revision: the events go after whatever others write in between. */
  readonly isLoose?: boolean;
  /** How to plan from the engine's cache, which is valid while no other writer has written. */
  readonly fromCache?: PlanningFromCache<Result> | undefined;
  /**
   * Plans from the answer to the question. Synchronous and pure: it may be called again with another answer. The
   * transaction throws what it throws.
   */
  readonly plan: (found: Found) => Planned<Result>;
}

/**
 * How to plan from the engine's cache. A backend uses it instead of looking anything up when it can tell, within the
 * writing transaction, that the log is still as the token says.
 */
export interface PlanningFromCache<Result> {
  /** The state of the log when this was cached. */
  readonly token: unknown;
  /** Plans without a look-up; `undefined` when the cache does not suffice. */
  readonly plan: () => Planned<Result> | undefined;
}

/** The outcome of a transaction. */
export interface Transacted<Result> extends Planned<Result> {
  /** The token for the next plan; `undefined` when nothing may be cached. */
  readonly token: unknown;
  /** Whether the plan is that of {@link Transaction.fromCache}. */
  readonly plannedFromCache: boolean;
  /** The events as stored, if the server assigned their positions; absent if they have those of the plan. */
  readonly placed?: Placed;
}

/** The events of each append of a plan, in its order, with the positions that the server assigned. */
export type Placed = readonly (readonly RecordedEvent[])[];

/**
 * How a log is read. One reader passes the same object for each page, so that a backend may remember how far to look.
 * Each page begins where the last one ended; one that follows may begin after a head, too, where its rows were moved.
 */
export interface LogRange {
  readonly filter: EventFilter | undefined;
  /** The approximate number of events per page. */
  readonly pageSize: number;
  /** The reader asks again soon. So on a cluster the leader need not be asked, and the page proves no head. */
  readonly isFollowed?: boolean;
}

/**
 * A storage backend of events: it looks up, writes and reads, and knows nothing of commands or receipts. All rules are
 * in the engine. With rows beside the events it is a {@link Backend}; without rows, read models are stored elsewhere
 * and follow the log.
 *
 * Any method may reject with `StoreUnavailable`, `StoreDamaged`, `StoreForeign` or `StoreFull`. A call ends within 100
 * ms of its signal, except for a write that has begun. The engine refuses calls whose signal has already fired, and all
 * calls after `close`.
 */
export interface LogBackend {
  /** The store's name, for faults. */
  readonly name: string;
  readonly form: StoredForm;
  /** The backend of consumers. */
  readonly consumers: ConsumerBackend;
  /** As `EventStore.lateByMs`. */
  readonly lateByMs?: number | undefined;
  /** As `EventStore.provesReads`. */
  readonly provesReads?: boolean;
  /** As `EventStore.trouble`. */
  trouble?(): Trouble | undefined;
  /**
   * Looks up, plans and writes atomically: what was found is still true when the plan is written. An empty plan writes
   * nothing.
   *
   * @throws AnswerLost when the outcome of the write is unknown.
   */
  transact<Result>(transaction: Transaction<Result>): Promise<Transacted<Result>>;
  /**
   * Looks for a plan whose outcome is unknown. `false`: it was not written, and never will be. Otherwise it was
   * written: `true`, or its events as stored if the server assigned their positions.
   *
   * @throws WrittenUnseen when it was written, but its events can't be read. Any other error means that the outcome is
   * unknown.
   */
  findWritten(plan: Plan): Promise<Placed | boolean>;
  /** Looks things up in one snapshot. A log on a cluster answers a question about `events` as the leader does. */
  lookUp(question: Question, wait?: WaitOptions): Promise<Found>;
  /** The events of a part of a stream. */
  readStream(
    streamId: StreamId,
    part: StreamPart,
    wait?: WaitOptions & Pick<ReadStreamOptions, 'isBeforeAppend'>,
  ): Promise<StreamPage>;
  /** The next whole appends after a position. @throws PositionUnknown when no event of the log is at it. */
  readLog(after: Position, range: LogRange, wait?: WaitOptions): Promise<ReadAhead>;
  /** Reads one stream after another; absent where that is not faster than reading the log. The engine notices gaps. */
  readStreams?(options: ReadStreamsOptions & { readonly pageSize: number }): AsyncIterable<readonly RecordedEvent[]>;
  /** Replaces the metadata of an event. `false`: the event is not there. Absent where that is impossible. */
  erase?(event: Pick<RecordedEvent, 'id' | 'revision' | 'streamId'>, metadata: EventMetadata): Promise<boolean>;
  /** All receipts, page by page; absent where they can't be listed. */
  readReceipts?(pageSize: number, wait?: WaitOptions): AsyncIterable<readonly StreamReceipt[]>;
  /**
   * Resolves when something may have been written, when the signal fires, after `withinMs`, or when the backend is
   * closed.
   */
  changed(signal: AbortSignal, withinMs?: number): Promise<void>;
  /**
   * Completes running work, then closes. Idempotent. `runningAppends` resolves when the last append has ended, so that
   * a backend can stop waiting for a server that does not answer.
   */
  close(runningAppends?: Promise<void>): Promise<void>;
}

/** The outcome of a transaction is unknown. The engine then calls `findWritten`. */
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
acrossCopies(AnswerLost, 'AnswerLost');
