import type { WaitOptions } from '../values/deadline.js';
import type { Position } from '../values/position.js';
import type { EventShape } from '../streams/event.js';
import type { KeyedRow, Projection } from './projection.js';

/**
 * The most events that a step in the critical section of the writers reduces. Larger steps follow only when these do not
 * get nearer to the head.
 */
export const MOST_BEHIND = 500;

/** A query by one value of one index, in key order (by UTF-8 bytes). */
export interface RowQuery {
  readonly index: string;
  readonly value: string;
  /** Only rows whose key is larger than this one, in either direction. */
  readonly afterKey?: string;
  /** Only rows whose key is smaller than this one. */
  readonly beforeKey?: string;
  /** `forwards`, the default: ascending; `backwards`: descending. */
  readonly direction?: 'forwards' | 'backwards';
  /** The most rows, 1 to 10,000. Default 100. */
  readonly limit?: number;
}

/** The rows to count: those an index has under a value, or all of them, also those in no index. */
export type RowCount = Pick<RowQuery, 'index' | 'value'> | 'all';

/** One step of a projection: rows and checkpoint change together or not at all. */
export interface ReadModelChange<Row> {
  /** The checkpoint the rows were computed from; `undefined` before the first step. */
  readonly expected: Position | undefined;
  /** All events up to here are reduced. Not before `expected`. */
  readonly checkpoint: Position;
  /** The new row under each key; `undefined` removes the row. */
  readonly rows: ReadonlyMap<string, Row | undefined>;
  /**
   * Events the step is based on. Where the events are in the same store, the step's transaction checks that the log
   * holds them (it always holds `START`). Elsewhere the caller checks that.
   */
  readonly basedOn?: readonly Position[];
  /**
   * For the last step of a rebuild: the checkpoint of live rows that belong to a lost history, as after a restored
   * backup. Such rows are replaced even if they are ahead: it is not a conflict.
   */
  readonly lostCheckpoint?: Position;
}

/** The last step of a rebuild whose events are in the same store. */
export interface LastStep {
  readonly atMost: number;
  /** The checkpoint of the shadow before the step. */
  readonly expected: Position;
  /** Events that the shadow is based on, beside that checkpoint. */
  readonly basedOn: readonly Position[];
}

/** How far a step has brought rows. They are at the head when both are the same. */
export interface CaughtUp {
  readonly checkpoint: Position;
  readonly head: Position;
}

/** Rows and their checkpoint, both of one snapshot. */
export interface RowsAt<Rows> {
  /** The rows contain all events up to here; `undefined` before the projection's first step. */
  readonly checkpoint: Position | undefined;
  readonly rows: Rows;
  /** Where the events are in the same store: its head in the same snapshot. */
  readonly head?: Position;
}

/**
 * The rows of one projection. Rows are never changed in place. A call whose `signal` fires rejects with
 * `DeadlineExceeded` within 100 ms; its write may still take effect.
 */
export interface ReadModel<Row> {
  /** The rows under these keys, as far as they exist, with their checkpoint. */
  read(keys: readonly string[], wait?: WaitOptions): Promise<RowsAt<ReadonlyMap<string, Row>>>;
  /** The rows an index has under a value, with their checkpoint. @throws RangeError when the limit is out of range. */
  query(query: RowQuery, wait?: WaitOptions): Promise<RowsAt<readonly KeyedRow<Row>[]>>;
  /** The keys of the rows {@link ReadModel.query} would return. */
  keys(query: RowQuery, wait?: WaitOptions): Promise<RowsAt<readonly string[]>>;
  /** The number of rows an index has under a value, counted up to 10,001, or of all rows, with their checkpoint. */
  count(query: RowCount, wait?: WaitOptions): Promise<RowsAt<number>>;
  /** The projection's checkpoint; `undefined` before its first step. */
  checkpoint(wait?: WaitOptions): Promise<Position | undefined>;
  /**
   * Takes one step of the projection, in one transaction.
   *
   * @throws CheckpointConflict when the checkpoint is not the expected one, because another runner moved it.
   * @throws PositionUnknown when the log lacks an event the step is based on; nothing was written.
   */
  commit(change: ReadModelChange<Row>, wait?: WaitOptions): Promise<void>;
  /**
   * Where the events are in the same store: reduces the next events after the checkpoint, about `atMost` of them, while
   * no append is written.
   *
   * @throws ProjectionStopped before an event that can't be reduced; all earlier ones are reduced.
   * @throws PositionUnknown when this log does not have the event at the checkpoint.
   */
  catchUp?(atMost: number, wait?: WaitOptions): Promise<CaughtUp>;
  /**
   * Resolves when the checkpoint may have moved: at once after a commit in this process, otherwise after a short while,
   * when `signal` fires, or when the store is closed. It never rejects: the next look finds out why it ended.
   */
  changed(signal: AbortSignal): Promise<void>;
  /**
   * Creates an empty shadow read model to rebuild into. Readers see the live one until the shadow is promoted. A second
   * call discards the shadow of the first, whose rebuild then fails with `RebuildSuperseded`.
   */
  beginRebuild(wait?: WaitOptions): Promise<RebuildingModel<Row>>;
}

/** The shadow read model that a rebuild fills. No reader sees it. */
export interface RebuildingModel<Row> extends ReadModel<Row> {
  /**
   * As {@link ReadModel.catchUp}, and promotes the shadow in the same transaction if it is then at the head.
   *
   * @throws RebuildSuperseded when a later rebuild was begun.
   * @throws StoreUnavailable when the shadow is not at the expected checkpoint: it has lost steps in a failover.
   * @throws PositionUnknown when the log lacks an event the shadow is based on; the live rows stay.
   */
  promoteAtHead?(step: LastStep, wait?: WaitOptions): Promise<CaughtUp>;
  /**
   * Takes the last step and promotes the shadow, in one transaction: a reader sees all old rows or all new ones.
   *
   * @throws CheckpointConflict when the live rows are ahead of where the shadow would be after this step.
   * @throws StoreUnavailable when the shadow is not at the expected checkpoint: it has lost steps in a failover.
   * @throws RebuildSuperseded when a later rebuild was begun.
   * @throws PositionUnknown when the log lacks an event the step is based on; the live rows stay.
   */
  promote(change: ReadModelChange<Row>, wait?: WaitOptions): Promise<void>;
}

/** The port of read-model storage. The testkit's `readModelStoreContract` tests it. */
export interface ReadModelStore {
  /**
   * The read model of a projection, created if it is missing. Opening it twice gives the same rows.
   *
   * Inline: from now on every append of this opening updates it, if its rows are at the head. A runner brings them there
   * otherwise.
   */
  open<Event extends EventShape, Row>(projection: Projection<Event, Row>): Promise<ReadModel<Row>>;
  /** Refuses every later call with `StoreClosed`. Idempotent. */
  close(): Promise<void>;
}
