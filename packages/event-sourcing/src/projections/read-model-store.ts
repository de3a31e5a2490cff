import type { WaitOptions } from '../deadline.js';
import type { Position } from '../streams/position.js';
import type { EventShape } from '../streams/event.js';
import type { Projection } from './projection.js';

/**
 * So many events an append, or the last step of a rebuild, reduces at the most of what others wrote without the rows: the work in
 * the writers' critical section does not grow with what was written outside of it.
 */
export const MOST_BEHIND = 500;

/** A row and the key it stands under. */
export interface KeyedRow<Row> {
  readonly key: string;
  readonly row: Row;
}

/** Rows by the value of one index, in the order of their keys (by UTF-8 bytes). */
export interface RowQuery {
  readonly index: string;
  readonly value: string;
  /** Only rows whose key comes after this one: is larger, in whichever direction they are read. */
  readonly afterKey?: string;
  /** Only rows whose key comes before this one: is smaller. */
  readonly beforeKey?: string;
  /** `forwards`, the default: ascending; `backwards`: descending. */
  readonly direction?: 'forwards' | 'backwards';
  /** At most so many rows, 1 to 10,000. Default 100. */
  readonly limit?: number;
}

/** Which rows to count: those that an index has under a value. */
export type RowCount = Pick<RowQuery, 'index' | 'value'>;

/** One step of a projection: rows and checkpoint change together or not at all. */
export interface ReadModelChange<Row> {
  /** The checkpoint the rows were computed from; `undefined` while there is none. */
  readonly expected: Position | undefined;
  /** All events up to here are reduced. Never before `expected`. */
  readonly checkpoint: Position;
  /** The new row under each key; `undefined` takes it away. */
  readonly rows: ReadonlyMap<string, Row | undefined>;
  /**
   * Events the step stands on. Where the events are in the same place, they have to be in the log in the step's transaction
   * (`START` always is); read models that are kept for events somewhere else leave it to who follows those.
   */
  readonly standsOn?: readonly Position[];
  /** Of the last step of a rebuild: the live rows' checkpoint that is not an event of the log, so they may be further and are replaced all the same. */
  readonly lost?: Position;
}

/** Rows, and the checkpoint they are of: both of one moment, whatever is written meanwhile. */
export interface RowsAt<Rows> {
  /** All events up to here are in the rows; `undefined` before the projection's first step. */
  readonly checkpoint: Position | undefined;
  readonly rows: Rows;
  /** Where the events are in the same place: the head of the store at that moment. */
  readonly head?: Position;
}

/**
 * The rows of one projection. Rows handed in or out are never changed. A call whose `signal` fires rejects with `DeadlineExceeded` within
 * 100 ms; one that writes may have written all the same.
 */
export interface ReadModel<Row> {
  /** The rows that exist among these keys, with the checkpoint they are of. */
  read(keys: readonly string[], wait?: WaitOptions): Promise<RowsAt<ReadonlyMap<string, Row>>>;
  /** The rows an index has under a value, with the checkpoint they are of. @throws RangeError when the limit is out of its range. */
  query(query: RowQuery, wait?: WaitOptions): Promise<RowsAt<readonly KeyedRow<Row>[]>>;
  /** The keys alone of what {@link ReadModel.query} would answer. */
  keys(query: RowQuery, wait?: WaitOptions): Promise<RowsAt<readonly string[]>>;
  /** How many rows an index has under a value, however many those are, with the checkpoint they are of. */
  count(query: RowCount, wait?: WaitOptions): Promise<RowsAt<number>>;
  /** How far the projection is; `undefined` before its first step. */
  checkpoint(wait?: WaitOptions): Promise<Position | undefined>;
  /**
   * Takes one step of the projection, in one transaction.
   *
   * @throws CheckpointConflict when the checkpoint is not the expected one: another projector was here.
   * @throws PositionUnknown when one of the events it stands on is not in the log: nothing was written.
   */
  commit(change: ReadModelChange<Row>, wait?: WaitOptions): Promise<void>;
  /**
   * Resolves when the checkpoint may have moved: at once after a commit in this process, after a short while in any
   * case, when `signal` fires, and when the store is closed. It never rejects: why it ended, the next look finds out.
   */
  changed(signal: AbortSignal): Promise<void>;
  /**
   * A second, empty copy to rebuild into. Readers go on seeing the live one until the copy takes its place. Beginning
   * again throws away what an earlier rebuild left: its copy can't take the place any more (`RebuildSuperseded`).
   */
  beginRebuild(wait?: WaitOptions): Promise<RebuildingModel<Row>>;
}

/** The copy a rebuild fills, out of every reader's sight. */
export interface RebuildingModel<Row> extends ReadModel<Row> {
  /**
   * Takes the last step and the live copy's place, in one transaction: a reader sees all old rows or all new ones.
   *
   * @throws CheckpointConflict when the live copy has got further than the copy would be after this step.
   * @throws RebuildSuperseded when another rebuild was begun meanwhile.
   * @throws PositionUnknown when one of the events it stands on is not in the log: the live rows stay.
   */
  switchOver(change: ReadModelChange<Row>, wait?: WaitOptions): Promise<void>;
}

/** Where read models are kept: the port, and what `readModelStoreContract` of the testkit holds it to. */
export interface ReadModelStore {
  /**
   * The read model of a projection, made when it is not there yet. Opened twice, it is the same rows.
   *
   * Where read models are kept inline, it is from now on kept in every append of this opening of the store, as soon as its rows
   * are at the head: an append that finds them at most {@link MOST_BEHIND} events behind brings them there, in its own transaction;
 X to bring nearer.
   */
  open<Event extends EventShape, Row>(projection: Projection<Event, Row>): Promise<ReadModel<Row>>;
  /** Refuses every later call with `StoreClosed`. Twice is once. */
  close(): Promise<void>;
}
