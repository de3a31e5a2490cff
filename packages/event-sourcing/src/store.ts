import type { Clock } from './clock.js';
import type { Closing } from './store/closed-by.js';
import type { ReadModelStore } from './projections/read-model-store.js';
import type { EventStore } from './streams/event-store.js';

/** Events and the read models beside them, over one place of storage. Closing it closes both; every later call rejects with `StoreClosed`. */
export interface Store extends Closing {
  readonly eventStore: EventStore;
  readonly readModels: ReadModelStore;
  /**
   * How read models are kept up. `inline`: they are where the events are; every opened one is kept in the transaction of each
   * append, and a look at one says where the head is in the same moment. `followed`: they are somewhere else, kept up by a
   * `Follower`, and what is known of the head is as old as the last time it was asked for.
   */
  readonly keeps: 'inline' | 'followed';
  /** The clock that its events are recorded by: what is past is asked of it, and not of the machine's. */
  readonly clock: Clock;
}
