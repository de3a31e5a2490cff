import { systemClock, type Clock } from './clock.js';
import { GuardedBackend } from './engine/guarded-backend.js';
import { EngineReadModelStore, storeOn } from './engine/engine-store.js';
import { MemoryBackend } from './engine/memory-backend.js';
import { MemoryLog } from './engine/memory-log.js';
import { aFunction, listOf, optional } from './options/option-rules.js';
import { parseOptions, type OptionRules } from './options/parse-options.js';
import type { Observe } from './observe.js';
import type { ReadModelStore } from './projections/read-model-store.js';
import type { Store } from './store.js';
import type { RecordedEvent } from './streams/event.js';

/** How a memory store is opened; everything has a default. */
export interface MemoryStoreOptions {
  readonly clock?: Clock;
  /** Is told how its consumers are doing. */
  readonly observe?: Observe;
  /** Events recorded elsewhere, to begin with: ids, revisions and instants stay, positions are counted anew. */
  readonly history?: readonly RecordedEvent[];
}

const OPTIONS: OptionRules<MemoryStoreOptions> = {
  clock: optional(aFunction),
  observe: optional(aFunction),
  history: optional(listOf('recorded events', (event) => typeof event === 'object' && event !== null)),
};

/**
 * Opens a store that forgets everything when the process ends, and otherwise keeps every promise of the ports.
 *
 * @throws RangeError when the history has a gap in a stream, or naming an option that is unknown or malformed.
 */
export function openMemoryStore(options: MemoryStoreOptions = {}): Store {
  const { clock = systemClock, history = [], observe } = parseOptions(options, 'openMemoryStore', OPTIONS);
  const log = new MemoryLog();
  log.restore(history);
  return storeOn(new MemoryBackend('the memory store', { log }), { most: MOST, clock, observe });
}

const MOST = { appends: 512, size: Infinity } as const;

/** Opens read models in memory, to stand beside an event store that keeps none of its own. */
export function memoryReadModelStore(): ReadModelStore {
  return new EngineReadModelStore(new GuardedBackend(new MemoryBackend('the memory read-model store')));
}
