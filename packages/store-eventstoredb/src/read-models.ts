import {
  eventCodec,
  Fault,
  isFault,
  isJsonObject,
  type Json,
  parsePosition,
  positionToString,
  type Projection,
  START,
} from '@login-policy/event-sourcing';
import type { EventShape, ReadModel, ReadModelStore, RowsAt } from '@login-policy/event-sourcing/store';
import { STORE } from './faults.js';
import type { LogReader } from './log.js';

/** The store whose events the rows were made from. Its first event identifies it. */
interface Origin {
  readonly prefix: string;
  readonly id: string;
  readonly position: string;
}

/** Its own rows would be replaced. */
const ROWS_IN_A_STORE =
  'the database for its rows has events of its own, so it is a store. Use a separate database for the rows';

/** Stored once beside the read models. */
const ORIGIN: Projection<EventShape, Origin> = {
  name: 'eventstoredb-origin',
  version: 1,
  rows: { encode: (origin) => ({ ...origin }), decode: originOf },
  // The row is written directly, not by reducing events.
  filter: { categories: [] },
  events: eventCodec<EventShape>({}),
  reduce: (row) => row,
};
const ROW = 'origin';

/** The store that the read models belong to. */
export interface BoundStore {
  readonly prefix: string;
  readonly log: LogReader;
}

/**
 * Binds a database of read models to the store they are made from, by its prefix and first event. With any other store
 * each call is refused, because the rows would be those of the other store. The check runs on the first call, not on
 * opening, because the server may be unavailable then.
 */
export function boundReadModels(inner: ReadModelStore, store: BoundStore): ReadModelStore {
  const origin = new OriginCheck(inner, store);
  return {
    open: async (definition) => bound(await inner.open(definition), origin),
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
      await origin.bind();
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

/** Checks that the rows of a database belong to this store. */
class OriginCheck {
  readonly #inner: ReadModelStore;
  readonly #store: BoundStore;
  #isConfirmed = false;

  constructor(inner: ReadModelStore, store: BoundStore) {
    this.#inner = inner;
    this.#store = store;
  }

  /**
   * Call it before rows are read. A database without an origin has none that were made from events.
   *
   * @throws StoreForeign when the rows belong to another store, or their database is one.
   */
  async check(): Promise<void> {
    if (!this.#isConfirmed) await this.#compared(await this.#inner.open(ORIGIN));
  }

  /**
   * Call it before rows or a checkpoint are written. A store without events has no first one, and no rows.
   *
   * @throws StoreForeign when the rows belong to another store.
   */
  async bind(): Promise<void> {
    while (!this.#isConfirmed) {
      const model = await this.#inner.open(ORIGIN);
      await this.#compared(model);
      const first = this.#isConfirmed ? undefined : await this.#store.log.first();
      if (first === undefined) return;
      const origin = { prefix: this.#store.prefix, id: first.uuid, position: positionToString(first.position) };
      const change = { expected: undefined, checkpoint: first.position, rows: new Map([[ROW, origin]]) };
      this.#isConfirmed = await isCommitted(model, change);
    }
  }

  async #compared(model: ReadModel<Origin>): Promise<void> {
    const { head = START, rows } = await model.read([ROW]);
    if (head !== START) throw new Fault('store-foreign', { store: STORE, problem: ROWS_IN_A_STORE });
    const origin = rows.get(ROW);
    if (origin === undefined) return;
    const { prefix: own, log } = this.#store;
    if (origin.prefix !== own) throw foreignRows(`one with the prefix "${origin.prefix}", but this one has "${own}"`);
    const found = await log.at(parsePosition(origin.position));
    if (found?.uuid !== origin.id) throw foreignRows(`one whose first event, ${origin.id}, this one does not have`);
    this.#isConfirmed = true;
  }
}

function foreignRows(description: string): Fault<'store-foreign'> {
  const problem = `the read models were made from another store: ${description}. Use a separate database of rows for each event store`;
  return new Fault('store-foreign', { store: STORE, problem });
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

function originOf(stored: Json): Origin {
  const { prefix, id, position } = isJsonObject(stored) ? stored : {};
  if (typeof prefix === 'string' && typeof id === 'string' && typeof position === 'string')
    return { prefix, id, position };
  throw new TypeError('expected an origin with a prefix, an id and a position');
}
