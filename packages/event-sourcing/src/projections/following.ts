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
  /** Those of the rows that hold an event which can't be read: what to reject with, for whoever needs one. */
  readonly unreadable: ReadonlyMap<string, Fault>;
}

/** How a read model is followed. */
export interface FollowerOptions<Event extends EventShape, Row> {
  readonly store: Store;
  readonly projection: Projection<Event, Row>;
  /**
   * Where read models are followed: how long ago, in milliseconds, an answer's rows may have been shown to be at the head of the
   * store. Default 10,000.
   */
  readonly maxAgeMs?: number | undefined;
}

/** What a follower is doing. */
export type FollowerState =
  /** The rows have not been at the head yet since it began; nothing is read from them until they are. */
  | { readonly is: 'catching-up' }
  | { readonly is: 'following' }
  /** The store is away; it is tried again, after longer and longer pauses up to a minute. */
  | { readonly is: 'retrying'; readonly since: Date; readonly fault: Fault }
  /** An event could not be reduced, or access was denied: see `why`. Believed only at this checkpoint. */
  | { readonly is: 'stopped'; readonly why: unknown; readonly at: Position | undefined }
  | { readonly is: 'closed' };

/** How a follower is closed. */
export interface CloseOptions {
  /** What is under way is given up after so many milliseconds. Default 5,000. */
  readonly closeMs?: number | undefined;
}
