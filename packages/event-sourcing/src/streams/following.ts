import type { EventFilter } from './event-filter.js';
import type { RecordedEvent } from './event.js';
import type { Position } from '../values/position.js';

/**
 * A message of a subscription.
 *
 * - `events`: the next page, never empty, in the order of the store;
 * - `caught-up`: all events up to `position` that pass the filter were delivered. It follows whenever the reader
 *   reaches the head of the store, also when only filtered-out events passed.
 */
export type SubscriptionMessage =
  | { readonly kind: 'events'; readonly events: readonly RecordedEvent[]; readonly position: Position }
  | {
      readonly kind: 'caught-up';
      readonly position: Position;
      /** When the store was asked for its head, by `performance.now()`; left out when the store was not asked. */
      readonly askedAt?: number;
    };

/** A reader that follows a log for long, such as a read model. */
export interface Follower {
  readonly filter: EventFilter | undefined;
  /** About this many events in a page. */
  readonly pageSize: number;
  /** Whether a caller waits for events that are not read yet. The log is then read more often. */
  isAwaited(): boolean;
}

/** How a follower reads. The store reads the log for all of its followers at once. */
export interface Following {
  /** As `EventStore.subscribe` after this position. */
  messages(after: Position | undefined, signal: AbortSignal | undefined): AsyncIterable<SubscriptionMessage>;
  /** Resolves when the log is read again for all, or when the signal fires. */
  due(signal: AbortSignal): Promise<void>;
  /** Has the log read again now. A read that is under way at a follower's position is its next one. */
  hurry(): void;
  /** Ends it: the log is no longer read for this follower. */
  leave(): void;
}
