import { systemClock, type Clock } from './clock.js';
import { MemoryReadModelStore } from './projections/memory-read-model-store.js';
import { aFunction, listOf, optional } from './options/option-rules.js';
import { parseOptions, type OptionRules } from './options/parse-options.js';
import { closedBy } from './store/closed-by.js';
import type { Store } from './store.js';
import type { RecordedEvent } from './streams/event.js';
import { MemoryEventStore } from './streams/memory-event-store.js';

/** How a memory store is opened; everything has a default. */
export interface MemoryStoreOptions {
  readonly clock?: Clock;
  /** Events recorded elsewhere, to begin with: ids, revisions and instants stay, positions are counted anew. */
  readonly history?: readonly RecordedEvent[];
}

const OPTIONS: OptionRules<MemoryStoreOptions> = {
  clock: optional(aFunction),
  history: optional(listOf('recorded events', (event) => typeof event === 'object' && event !== null)),
};

/**
 * Opens a store that forgets everything when the process ends, and otherwise keeps every promise of the ports.
 *
 * @throws RangeError when the history has a gap in a stream, or naming the option that is none, or not of its form.
 */
export function openMemoryStore(options: MemoryStoreOptions = {}): Store {
  const { clock = systemClock, history = [] } = parseOptions(options, 'openMemoryStore', OPTIONS);
  const readModels: MemoryReadModelStore = new MemoryReadModelStore(() => eventStore.log);
  const keep = (events: readonly RecordedEvent[]): (() => void) => readModels.keep(events);
  const eventStore: MemoryEventStore = new MemoryEventStore(clock, keep);
  eventStore.restore(history);
  return {
    eventStore,
    readModels,
    keeps: 'inline',
    clock,
    ...closedBy(async () => {
      await eventStore.close();
      await readModels.close();
    }),
  };
}
