import type { Fault } from '../fault.js';
import type { Store } from '../store.js';
import type { EventShape } from '../streams/event.js';
import type { Position } from '../streams/position.js';
import type { Projection } from './projection.js';
import type { RowsAt } from './read-model-store.js';

/** How far a read has to be, and how long it may take to get there. */
export interface Freshness {
  /** At least so far: the position a command answered with. */
  readonly atLeast?: Position | undefined;
  /** How long to wait for that, in milliseconds. Default 5,000. A store that does not answer gets a quarter of a second more. */
  readonly waitMs?: number | undefined;
  /** Ends the read within 100 ms: it rejects with `DeadlineExceeded`. */
  readonly signal?: AbortSignal | undefined;
}

/** What a read found: all of one moment, and fresh enough. */
export interface FreshRows<Row> extends RowsAt<ReadonlyMap<string, Row>> {
  /** Those of the rows that hold an event which can't be read: what to reject with, for a reader that needs one. */
  readonly unreadable: ReadonlyMap<string, Fault>;
}

/** How a projection is run. */
export interface RunnerOptions<Event extends EventShape, Row> {
  readonly store: Pick<Store, 'clock' | 'eventStore' | 'keeps' | 'readModels'>;
  readonly projection: Projection<Event, Row>;
  /**
   * Where read models are followed: how long ago, in milliseconds, an answer's rows may have been shown to be at the head of the
   * store. Default 10,000.
   */
  readonly maxAgeMs?: number | undefined;
  /** Events that a rebuild reads at once, 1 to 10,000. Default 500: larger pages outlive the young generation, and are slower. */
  readonly pageSize?: number | undefined;
  /**
   * When the rows are brought to the head: `always`, which is the default where they are followed, or `on-demand`: when a read finds them
   * behind, or `catchUp` is called. Where appends keep them, the default is to look once when it is opened, and then on demand.
   */
  readonly follows?: 'always' | 'on-demand' | undefined;
}

/** How a runner is closed. */
export interface CloseOptions {
  /** What is under way is given up after so many milliseconds. Default 5,000. */
  readonly closeMs?: number | undefined;
}
