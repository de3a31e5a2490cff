import type { ConsumeOptions, Consumer } from './consume/consumer.js';
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
   * `ProjectionRunner`, and what is known of the head is as old as the last time it was asked for.
   */
  readonly keeps: 'inline' | 'followed';
  /** The clock that its events are recorded by: what is past is asked of it, and not of the machine's. */
  readonly clock: Clock;
  /**
   * Calls a handler with every event at least once, in the order of commits, the events of an append in one call, from where the
   * consumer of that name left off: its checkpoint is kept beside the events. Of all processes that run one, one works at a time;
   * another takes over when that ends, hangs or is cut off, and a handler whose turn was taken can't move the checkpoint.
   *
   * A handler that fails is called again after a pause, and holds up its own consumer only: {@link Consumer.status} says how it is.
   *
   * @throws RangeError naming an option that is unknown or malformed.
   * @throws StoreClosed
   */
  consume(options: ConsumeOptions): Consumer;
}
