import type { ReadModelStore } from './projections/read-model-store.js';
import type { EventStore } from './streams/event-store.js';

/** Events and the read models beside them, over one place of storage. */
export interface Store {
  readonly eventStore: EventStore;
  readonly readModels: ReadModelStore;
  /**
   * How read models are kept up. `inline`: they are where the events are, and a look at them says where the head is in the same
   * moment. `followed`: they are somewhere else, and what is known of the head is as old as the last time it was asked for.
   */
  readonly keeps: 'inline' | 'followed';
  /**
   * The names of the read models whose rows change inside the appends: nobody needs to run a projector for them. Their
   * checkpoints also move behind events that their filters hold back, so that a reader with `atLeast` never waits.
   */
  readonly inlineModels: readonly string[];
  /** Closes both. Twice is once. */
  close(): Promise<void>;
}
