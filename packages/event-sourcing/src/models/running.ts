import type { Fault } from '../values/fault.js';
import type { Store } from './store.js';
import type { EventShape } from '../streams/event.js';
import type { Position } from '../values/position.js';
import type { Projection } from './projection.js';
import type { RowsAt } from './read-model-store.js';

/** How far the rows of a read must be, and how long it may wait for that. */
export interface Freshness {
  /** The least position: the one a command answered with. */
  readonly atLeast?: Position | undefined;
  /**
   * The longest wait for that, in milliseconds. Default 5,000. A store that does not answer gets a quarter of a second
   * more.
   */
  readonly waitMs?: number | undefined;
  /** Ends the read within 100 ms, with `DeadlineExceeded`. */
  readonly signal?: AbortSignal | undefined;
}

/** The result of a read: one snapshot, and fresh enough. */
export interface FreshRows<Row> extends RowsAt<ReadonlyMap<string, Row>> {
  /** The rows with an event that can't be read, each with the fault for a reader that needs it. */
  readonly unreadable: ReadonlyMap<string, Fault>;
}

/** The options of a projection runner. */
export interface RunnerOptions<Event extends EventShape, Row> {
  readonly store: Pick<Store, 'clock' | 'eventStore' | 'readModelUpdates' | 'readModels'>;
  readonly projection: Projection<Event, Row>;
  /**
   * For followed read models: the greatest age, in milliseconds, of the proof that an answer's rows were at the head.
   * Default 10,000.
   */
  readonly maxAgeMs?: number | undefined;
  /**
   * The number of events a rebuild reads at once, 1 to 10,000. Default 500: larger pages outlive the young generation
   * and are slower.
   */
  readonly pageSize?: number | undefined;
  /**
   * When the rows are brought to the head: `always` (the default where they are followed), or `on-demand`, when a read
   * finds them behind or `catchUp` is called. For inline projections the default is once at opening and then on demand.
   */
  readonly follows?: 'always' | 'on-demand' | undefined;
}

/** The options of closing a runner. */
export interface CloseOptions {
  /** The longest wait for running work, in milliseconds. Default 5,000. */
  readonly closeMs?: number | undefined;
}
