import { systemClock, type Clock } from './clock.js';
import { MemoryReadModelStore } from './projections/memory-read-model-store.js';
import { refuseUnknownOptions } from './store/options.js';
import type { Store } from './store.js';
import type { RecordedEvent } from './streams/event.js';
import { MemoryEventStore } from './streams/memory-event-store.js';

/** How a memory store is opened; everything has a default. */
export interface MemoryStoreOptions {
  readonly clock?: Clock;
  /** Events recorded elsewhere, to begin with: ids, revisions and instants stay, positions are counted anew. */
  readonly history?: readonly RecordedEvent[];
}

const OPTIONS: readonly (keyof MemoryStoreOptions)[] = ['clock', 'history'];

/**
 * Opens a store that forgets everything when the process ends, and otherwise keeps every promise of the ports.
 *
 * @throws RangeError when the history has a gap in a stream, or naming what is not an option.
 */
export function openMemoryStore(options: MemoryStoreOptions = {}): Store {
  refuseUnknownOptions(options, OPTIONS);
  const readModels: MemoryReadModelStore = new MemoryReadModelStore(() => eventStore.log);
  const keep = (events: readonly RecordedEvent[]): (() => void) => readModels.keep(events);
  const eventStore: MemoryEventStore = new MemoryEventStore(options.clock ?? systemClock, keep);
  eventStore.restore(options.history ?? []);
  return {
    eventStore,
    readModels,
    keeps: 'inline',
    async close() {
      await eventStore.close();
      await readModels.close();
    },
  };
}
