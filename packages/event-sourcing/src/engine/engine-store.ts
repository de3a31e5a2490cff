import { Consumers } from '../consume/consumers.js';
import { namedClock, type Clock } from '../values/instant.js';
import { demandProjection, modelName, type Projection } from '../models/projection.js';
import type { ReadModel, ReadModelStore } from '../models/read-model-store.js';
import { closedBy } from '../store/closed-by.js';
import { demandText } from '../streams/json.js';
import type { Store } from '../models/store.js';
import type { EventShape } from '../streams/event.js';
import { Acknowledged } from '../streams/acknowledged.js';
import type { Backend } from './backend.js';
import { GuardedBackend } from './guarded-backend.js';
import { EngineEventStore } from './engine-event-store.js';
import { EngineReadModel } from './engine-read-model.js';
import { LogCache } from './log-cache.js';
import type { LogBackend } from './log-backend.js';
import { InlineModels, OpenedModel } from './opened-model.js';
import { Writer, type WriterOptions } from './writer.js';
import { CachedRows } from './stored-row.js';

/** The options of the engine. */
export interface EngineOptions extends Pick<WriterOptions, 'most' | 'gather' | 'observe'> {
  /** The read models that appends update, shared by several stores. Default: those opened in this store. */
  readonly models?: InlineModels | undefined;
  readonly clock?: Clock | undefined;
}

/** The options of every store. */
export type StoreParts = Pick<EngineOptions, 'clock' | 'observe'>;

/** A store on a backend: events, and read models that are updated in the transaction of each append. */
export function storeOn(backend: Backend, options: EngineOptions): Store {
  const { models = new InlineModels() } = options;
  const clock = namedClock(options.clock);
  const guarded = new GuardedBackend(backend);
  const writer = new Writer(guarded, { ...options, clock, models, cache: new LogCache() });
  const eventStore = new EngineEventStore(guarded, writer);
  const readModels = new EngineReadModelStore(guarded, writer);
  return assembled({ log: backend, eventStore, readModels, readModelUpdates: 'inline' }, { ...options, clock });
}

/**
 * A store on a backend without rows, which writes each append on its own. Its read models are stored elsewhere and
 * follow the log.
 */
export function followedStoreOn(backend: LogBackend, readModels: ReadModelStore, parts: StoreParts): Store {
  const guarded = new GuardedBackend(backend);
  const clock = namedClock(parts.clock);
  const acknowledged = new Acknowledged();
  const alone = { most: { appends: 1, size: Infinity }, clock, acknowledged };
  const writer = new Writer(guarded, { ...alone, models: new InlineModels(), cache: new LogCache() });
  const eventStore = new EngineEventStore(guarded, writer, acknowledged);
  return assembled({ log: backend, eventStore, readModels, readModelUpdates: 'followed' }, { ...parts, clock });
}

function assembled(
  { log, ...ports }: Pick<Store, 'eventStore' | 'readModelUpdates' | 'readModels'> & { readonly log: LogBackend },
  { clock, observe }: StoreParts & { readonly clock: Clock },
): Store {
  const { eventStore, readModelUpdates, readModels } = ports;
  const consumers = new Consumers({ store: log.name, backend: log.consumers, events: eventStore, clock, observe });
  const end = async (): Promise<void> => {
    await consumers.close();
    await eventStore.close();
    if (readModelUpdates === 'followed') await readModels.close();
  };
  return { ...ports, clock, consume: (wanted) => consumers.consume(wanted), ...closedBy(end) };
}

/**
 * The read models of a backend. Without a writer, its events are elsewhere, and appends do not update the read models.
 */
export class EngineReadModelStore implements ReadModelStore {
  readonly #guarded: GuardedBackend<Backend>;
  readonly #writer: Writer | undefined;
  readonly #rows = new Map<string, CachedRows>();

  constructor(guarded: GuardedBackend<Backend>, writer?: Writer) {
    this.#guarded = guarded;
    this.#writer = writer;
  }

  async open<Event extends EventShape, Row>(projection: Projection<Event, Row>): Promise<ReadModel<Row>> {
    demandProjection(projection);
    const name = modelName(projection);
    demandText('name', name);
    await this.#guarded.call(undefined, (backend) => backend.openModel(name));
    const { name: store, form } = this.#guarded.backend;
    const rows = this.#rows.get(name) ?? new CachedRows(projection, { store, form });
    this.#rows.set(name, rows);
    const opened = new OpenedModel(projection, rows);
    this.#writer?.models.add(opened);
    return new EngineReadModel<Row>({ guarded: this.#guarded, opened, writer: this.#writer });
  }

  async close(): Promise<void> {
    await this.#guarded.close();
  }
}
