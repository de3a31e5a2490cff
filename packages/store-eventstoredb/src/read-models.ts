import {
  eventCodec,
  isFault,
  parsePosition,
  positionToString,
  START,
  type Json,
  type Projection,
} from '@login-policy/event-sourcing';
import {
  position,
  modelName,
  StoreForeign,
  type EventShape,
  type ReadModel,
  type ReadModelChange,
  type ReadModelStore,
  type RowsAt,
  isJsonObject,
} from '@login-policy/event-sourcing/store';
import { STORE } from './faults.js';
import type { LogRecord } from './log-record.js';
import type { LogReader } from './reads.js';

/** What the rows of a read model were made from. */
interface Origin {
  readonly prefix: string;
  /** Older programs left it out while there was no event, and so no row. */
  readonly first?: FirstEvent;
}

/** The first event of a store, by which it can be told from any other. */
interface FirstEvent {
  readonly id: string;
  readonly position: string;
}

/** Stands beside the read models it is about, a row for each under its name. */
const ORIGINS: Projection<EventShape, Origin> = {
  name: 'eventstoredb-origins',
  version: 1,
  rows: {
    encode: ({ prefix, first }) => ({ prefix, ...(first !== undefined && { first: { ...first } }) }),
    decode: originOf,
  },
  // It is written by hand: of no event.
  filter: { categories: [] },
  events: eventCodec<EventShape>({}),
  reduce: (row) => row,
};

/** The store the read models are to be of. */
export interface OfStore {
  readonly prefix: string;
  readonly log: LogReader;
}

/**
 * Binds read models that are kept elsewhere to the store they are made from: its prefix and its first event. With any other
 * each call on them is refused, or it would answer that other store's rows. Looked at with the first call, not when it is
 * opened: the server may be away then.
 */
export function boundReadModels(inner: ReadModelStore, store: OfStore): ReadModelStore {
  return {
    open: async (definition) => bound(await inner.open(definition), new Bond(inner, store, modelName(definition))),
    close: () => inner.close(),
  };
}

function bound<Row>(model: ReadModel<Row>, bond: Bond): ReadModel<Row> {
  const held = async <Rows>(ask: () => Promise<RowsAt<Rows>>): Promise<RowsAt<Rows>> => {
    await bond.holds();
    return apart(await ask());
  };
  return {
    changed: (signal) => model.changed(signal),
    async read(keys, wait) {
      // Without a key nothing is answered that could be another store's.
      if (keys.length > 0) await bond.holds();
      return apart(await model.read(keys, wait));
    },
    query: (query, wait) => held(() => model.query(query, wait)),
    keys: (query, wait) => held(() => model.keys(query, wait)),
    count: (query, wait) => held(() => model.count(query, wait)),
    async checkpoint(wait) {
      await bond.holds();
      return model.checkpoint(wait);
    },
    async commit(change, wait) {
      await (change.rows.size > 0 ? bond.bind() : bond.holds());
      return model.commit(change, wait);
    },
    async beginRebuild(wait) {
      await bond.holds();
      const copy = await model.beginRebuild(wait);
      return {
        ...bound(copy, bond),
        async switchOver(change, waiting) {
          await bond.bind();
          return copy.switchOver(change, waiting);
        },
      };
    },
  };
}

/** The head of the events beside which the rows are kept is not that of the store they are made from. */
function apart<Rows>({ checkpoint, rows }: RowsAt<Rows>): RowsAt<Rows> {
  return { checkpoint, rows };
}

/** What one read model has to do with this store. */
class Bond {
  readonly #inner: ReadModelStore;
  readonly #store: OfStore;
  readonly #name: string;
  #isHeld = false;

  constructor(inner: ReadModelStore, store: OfStore, name: string) {
    this.#inner = inner;
    this.#store = store;
    this.#name = name;
  }

  /** Before rows are read. While nobody has written any, they are nobody's. @throws StoreForeign when they are another store's. */
  async holds(): Promise<void> {
    if (this.#isHeld) return;
    const { rows } = await (await this.#inner.open(ORIGINS)).read([this.#name]);
    await this.#compare(rows.get(this.#name));
  }

  /** Before rows are written: they are made from events, so there is a first one. @throws StoreForeign */
  async bind(): Promise<void> {
    while (!this.#isHeld) {
      const origins = await this.#inner.open(ORIGINS);
      const { rows, checkpoint } = await origins.read([this.#name]);
      await this.#compare(rows.get(this.#name));
      const first = this.#isHeld ? undefined : await this.#store.log.first();
      if (first === undefined) return;
      const origin = { prefix: this.#store.prefix, first: firstEventOf(first) };
      const change = { expected: checkpoint, checkpoint: position((checkpoint ?? START) + 1n) };
      this.#isHeld = await isCommitted(origins, { ...change, rows: new Map([[this.#name, origin]]) });
    }
  }

  async #compare(origin: Origin | undefined): Promise<void> {
    if (origin?.first === undefined) return;
    const { prefix, first } = origin;
    const { prefix: own, log } = this.#store;
    if (prefix !== own) throw this.#foreign(`one with the prefix "${prefix}", and this one has "${own}"`);
    const there = await log.at(parsePosition(first.position));
    if (there === undefined || firstEventOf(there).id !== first.id) {
      throw this.#foreign(`one whose first event, ${first.id}, this one does not have`);
    }
    this.#isHeld = true;
  }

  #foreign(whose: string): StoreForeign {
    const problem = `the read model ${this.#name} was made from another store: ${whose}. Take a read-model store of its own`;
    return new StoreForeign({ store: STORE, problem });
  }
}

/** `false` when another is bound at the same time: what it wrote is to be looked at. */
async function isCommitted<Row>(model: ReadModel<Row>, change: ReadModelChange<Row>): Promise<boolean> {
  try {
    await model.commit(change);
    return true;
  } catch (caught) {
    if (isFault(caught, 'checkpoint-conflict')) return false;
    throw caught;
  }
}

function firstEventOf({ uuid, position: place }: LogRecord): FirstEvent {
  return { id: uuid, position: positionToString(place) };
}

function originOf(stored: Json): Origin {
  if (!isJsonObject(stored) || typeof stored['prefix'] !== 'string') throw new TypeError('an origin has a prefix');
  const { prefix, first } = stored;
  if (first === undefined) return { prefix };
  const [id, place] = isJsonObject(first) ? [first['id'], first['position']] : [];
  if (typeof id === 'string' && typeof place === 'string') return { prefix, first: { id, position: place } };
  throw new TypeError('a first event has an id and a position');
}
