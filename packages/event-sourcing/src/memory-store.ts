import type { Clock } from './values/instant.js';
import { GuardedBackend } from './engine/guarded-backend.js';
import { EngineReadModelStore, storeOn } from './engine/engine-store.js';
import { MemoryBackend } from './engine/memory-backend.js';
import { MemoryLog } from './engine/memory-log.js';
import { aFunction, listOf, optional } from './options/option-rules.js';
import { parseOptions, type OptionRules } from './options/parse-options.js';
import type { Observe } from './streams/observe.js';
import type { ReadModelStore } from './models/read-model-store.js';
import type { Store } from './models/store.js';
import type { RecordedEvent } from './streams/event.js';

/** The options of a memory store; all have defaults. */
export interface MemoryStoreOptions {
  readonly clock?: Clock;
  /** Observes the store's consumers. */
  readonly observe?: Observe;
  /**
   * Events recorded elsewhere that the store starts with. Their ids, revisions and times stay; positions are assigned
   * anew.
   */
  readonly history?: readonly RecordedEvent[];
}

const OPTIONS: OptionRules<MemoryStoreOptions> = {
  clock: optional(aFunction),
  observe: optional(aFunction),
  history: optional(listOf('recorded events', (event) => typeof event === 'object' && event !== null)),
};

/**
 * Opens a store that keeps its events in memory until the process ends, with every other guarantee of the ports.
 *
 * @throws RangeError when the history has a gap in a stream or an event that no store would have recorded, or that
 *   names an unknown or malformed option.
 */
export function openMemoryStore(options: MemoryStoreOptions = {}): Store {
  const { clock, history = [], observe } = parseOptions(options, 'openMemoryStore', OPTIONS);
  const log = new MemoryLog();
  log.restore(history);
  return storeOn(new MemoryBackend('the memory store', { log }), { most: MOST, clock, observe });
}

const MOST = { appends: 512, size: Infinity } as const;

/** Opens read models in memory, beside an event store that has none of its own. */
export function memoryReadModelStore(): ReadModelStore {
  return new EngineReadModelStore(new GuardedBackend(new MemoryBackend('the memory read-model store')));
}
