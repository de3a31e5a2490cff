import { systemClock, type Clock } from './clock.js';
import { inlineInMemory, MemoryReadModelStore } from './projections/memory-read-model-store.js';
import { modelName, type AnyProjection } from './projections/projection.js';
import type { Store } from './store.js';
import type { RecordedEvent } from './streams/event.js';
import { MemoryEventStore } from './streams/memory-event-store.js';

/** How a memory store is opened; everything has a default. */
export interface MemoryStoreOptions {
  readonly clock?: Clock;
  /** Projections whose rows change in the same step as the events are recorded. */
  readonly inlineProjections?: readonly AnyProjection[];
  /** Events recorded elsewhere, to begin with: ids, revisions and instants stay, positions are counted anew. */
  readonly history?: readonly RecordedEvent[];
}

/**
 * Opens a store that forgets everything when the process ends, and otherwise keeps every promise of the ports.
 *
 * @throws RangeError when the history has a gap in a stream.
 * @throws ProjectionStopped when an inline projection can't reduce the history.
 */
export function openMemoryStore(options: MemoryStoreOptions = {}): Store {
  const readModels: MemoryReadModelStore = new MemoryReadModelStore(() => eventStore.headNow());
  const inline = (options.inlineProjections ?? []).map((projection) =>
    inlineInMemory(projection, readModels.openNow(projection)),
  );
  const eventStore: MemoryEventStore = new MemoryEventStore(options.clock ?? systemClock, inline);
  eventStore.restore(options.history ?? []);
  return {
    eventStore,
    readModels,
    keeps: 'inline',
    inlineModels: (options.inlineProjections ?? []).map(modelName),
    async close() {
      await eventStore.close();
      await readModels.close();
    },
  };
}
