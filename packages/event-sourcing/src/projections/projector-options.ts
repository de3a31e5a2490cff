import type { Clock } from '../clock.js';
import type { Store } from '../store.js';
import type { EventStore } from '../streams/event-store.js';
import type { EventShape } from '../streams/event.js';
import type { Projection } from './projection.js';
import type { ReadModelStore } from './read-model-store.js';

/** What a projector is made of. */
export interface ProjectorOptions<Event extends EventShape, Row> {
  readonly eventStore: EventStore;
  readonly readModels: ReadModelStore;
  readonly projection: Projection<Event, Row>;
  /** Events that a rebuild reads at once, 1 to 10,000. Default 500: larger pages outlive the young generation, and are slower. */
  readonly pageSize?: number;
  readonly clock?: Clock;
  /** Called each time its rows are at the head of the store, with when the store was asked for it (`performance.now()`). */
  readonly onHead?: (askedAt: number) => void;
  /** How the rows are kept ({@link Store.keeps}). Default `followed`. */
  readonly keeps?: Store['keeps'];
}
