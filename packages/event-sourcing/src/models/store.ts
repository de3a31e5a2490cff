import type { ConsumeOptions, Consumer } from '../consume/consumer.js';
import type { Clock } from '../values/instant.js';
import type { Closing } from '../store/closed-by.js';
import type { ReadModelStore } from './read-model-store.js';
import type { EventStore } from '../streams/event-store.js';

/**
 * Events and the read models beside them, in one storage. Closing it closes both; every later call rejects with
 * `StoreClosed`.
 */
export interface Store extends Closing {
  readonly eventStore: EventStore;
  readonly readModels: ReadModelStore;
  /**
   * How read models are updated. `inline`: in the transaction of each append; a look at a read model also returns the
   * head at that time. `followed`: afterwards, by a `ProjectionRunner`; the head is known only as of the last time it
   * was asked for.
   */
  readonly readModelUpdates: 'inline' | 'followed';
  /** The clock that timestamps its events. Use it, and not the machine's clock, to decide what is past. */
  readonly clock: Clock;
  /**
   * Calls a handler with every event at least once, in commit order, with all events of an append in one call, from the
   * checkpoint of the consumer of that name. The checkpoint is stored beside the events. Of all processes that run the
   * consumer, one works at a time; another takes over when that one ends, hangs or is cut off. A handler whose lease
   * was taken can't move the checkpoint.
   *
   * A handler that fails is retried after a pause and holds up only its own consumer: see {@link Consumer.status}.
   *
   * @throws RangeError that names an unknown or malformed option.
   * @throws StoreClosed
   */
  consume(options: ConsumeOptions): Consumer;
}
