import {
  eventCodec,
  Fault,
  isFault,
  isJsonObject,
  type Json,
  parsePosition,
  position,
  positionToString,
  type Projection,
  START,
} from '@login-policy/event-sourcing';
import {
  type EventShape,
  modelName,
  type ReadModel,
  type ReadModelStore,
  type RowsAt,
} from '@login-policy/event-sourcing/store';
import { STORE } from './faults.js';
import type { LogRecord } from './record.js';
import type { LogReader } from './log.js';

/** The store whose events a read model was made from. */
interface Origin {
  readonly prefix: string;
  /** Older programs omit it for a store without events, and so without rows. */
  readonly first?: FirstEvent;
}

/** The first event of a store, which identifies the store. */
interface FirstEvent {
  readonly id: string;
  readonly position: string;
}

/** The origin of a read model as stored, and the checkpoint of all origins. */
interface FoundOrigin extends Pick<RowsAt<unknown>, 'checkpoint'> {
  readonly origin: Origin | undefined;
}

/** Its own rows would be replaced. */
const ROWS_IN_A_STORE =
  'the database for its rows has events of its own, so it is a store. Use a separate database for the rows';

/** Stored beside the read models: a row for each, under its name. */
const ORIGINS: Projection<EventShape, Origin> = {
  name: 'eventstoredb-origins',
  version: 1,
  rows: {
    encode: ({ prefix, first }) => ({ prefix, ...(first !== undefined && { first: { ...first } }) }),
    decode: originOf,
  },
  // The rows are written directly, not by reducing events.
  filter: { categories: [] },
  events: eventCodec<EventShape>({}),
  reduce: (row) => row,
};

/** The store that the read models belong to. */
export interface BoundStore {
  readonly prefix: string;
  readonly log: LogReader;
}

/**
 * Binds read models that are stored elsewhere to the store they are made from, by its prefix and first event. With any
 * other store each call is refused, because the rows would be those of the other store. The check runs on the first
 * call, not on opening, because the server may be unavailable then.
 */
export function boundReadModels(inner: ReadModelStore, store: BoundStore): ReadModelStore {
  return {
    open: async (definition) =>
      bound(await inner.open(definition), new OriginCheck(inner, store, modelName(definition))),
    close: () => inner.close(),
  };
}

function bound<Row>(model: ReadModel<Row>, origin: OriginCheck): ReadModel<Row> {
  const checked = async <Rows>(read: () => Promise<RowsAt<Rows>>): Promise<RowsAt<Rows>> => {
    await origin.check();
    return withoutHead(await read());
  };
  return {
    changed: (signal) => model.changed(signal),
    async read(keys, wait) {
      // Without keys, no row of another store can be returned.
      if (keys.length > 0) await origin.check();
      return withoutHead(await model.read(keys, wait));
    },
    query: (query, wait) => checked(() => model.query(query, wait)),
    keys: (query, wait) => checked(() => model.keys(query, wait)),
    count: (query, wait) => checked(() => model.count(query, wait)),
    async checkpoint(wait) {
      await origin.check();
      return model.checkpoint(wait);
    },
    async commit(change, wait) {
      await (change.rows.size > 0 ? origin.bind() : origin.check());
      return model.commit(change, wait);
    },
    async beginRebuild(wait) {
      await origin.check();
      const shadow = await model.beginRebuild(wait);
      return {
        ...bound(shadow, origin),
        async promote(change, waiting) {
          await origin.bind();
          return shadow.promote(change, waiting);
        },
      };
    },
  };
}

/** Drops the head: it belongs to the store that holds the rows, not to the one they are made from. */
function withoutHead<Rows>({ checkpoint, rows }: RowsAt<Rows>): RowsAt<Rows> {
  return { checkpoint, rows };
}

/** Checks that one read model belongs to this store. */
class OriginCheck {
  readonly #inner: ReadModelStore;
  readonly #store: BoundStore;
  readonly #name: string;
  #isConfirmed = false;

  constructor(inner: ReadModelStore, store: BoundStore, name: string) {
    this.#inner = inner;
    this.#store = store;
    this.#name = name;
  }

  /**
   * Call it before rows are read. Rows that are not bound yet are accepted.
   *
   * @throws StoreForeign when the rows belong to another store, or their database is one.
   */
  async check(): Promise<void> {
    if (this.#isConfirmed) return;
    await this.#compare(await this.#read(await this.#inner.open(ORIGINS)));
  }

  /**
   * Call it before rows are written. They are made from events, so a first event exists.
   *
   * @throws StoreForeign when the rows belong to another store.
   */
  async bind(): Promise<void> {
    while (!this.#isConfirmed) {
      const origins = await this.#inner.open(ORIGINS);
      const { checkpoint, ...read } = await this.#read(origins);
      await this.#compare(read);
      const first = this.#isConfirmed ? undefined : await this.#store.log.first();
      if (first === undefined) return;
      const origin = { prefix: this.#store.prefix, first: firstEventOf(first) };
      const change = { expected: checkpoint, checkpoint: position((checkpoint ?? START) + 1n) };
      this.#isConfirmed = await isCommitted(origins, { ...change, rows: new Map([[this.#name, origin]]) });
    }
  }

  async #read(origins: ReadModel<Origin>): Promise<FoundOrigin> {
    const { checkpoint, head = START, rows } = await origins.read([this.#name]);
    if (head !== START) throw new Fault('store-foreign', { store: STORE, problem: ROWS_IN_A_STORE });
    return { checkpoint, origin: rows.get(this.#name) };
  }

  async #compare({ origin }: Pick<FoundOrigin, 'origin'>): Promise<void> {
    if (origin?.first === undefined) return;
    const { prefix, first } = origin;
    const { prefix: own, log } = this.#store;
    if (prefix !== own) throw this.#foreign(`one with the prefix "${prefix}", but this one has "${own}"`);
    const found = await log.at(parsePosition(first.position));
    if (found === undefined || firstEventOf(found).id !== first.id) {
      throw this.#foreign(`one whose first event, ${first.id}, this one does not have`);
    }
    this.#isConfirmed = true;
  }

  #foreign(description: string): Fault<'store-foreign'> {
    const problem = `the read model ${this.#name} was made from another store: ${description}. Use a separate read-model store for each event store`;
    return new Fault('store-foreign', { store: STORE, problem });
  }
}

/** `false` when another process bound it at the same time. Its entry must then be compared. */
async function isCommitted<Row>(
  model: ReadModel<Row>,
  change: Parameters<ReadModel<Row>['commit']>[0],
): Promise<boolean> {
  try {
    await model.commit(change);
    return true;
  } catch (caught) {
    if (isFault(caught, 'checkpoint-conflict')) return false;
    throw caught;
  }
}

function firstEventOf({ uuid, position: eventPosition }: LogRecord): FirstEvent {
  return { id: uuid, position: positionToString(eventPosition) };
}

function originOf(stored: Json): Origin {
  if (!isJsonObject(stored) || typeof stored['prefix'] !== 'string')
    throw new TypeError('expected an origin with a prefix');
  const { prefix, first } = stored;
  if (first === undefined) return { prefix };
  const [id, positionText] = isJsonObject(first) ? [first['id'], first['position']] : [];
  if (typeof id === 'string' && typeof positionText === 'string')
    return { prefix, first: { id, position: positionText } };
  throw new TypeError('expected a first event with an id and a position');
}
