import type { Clock, Consumer, Observe, Store } from '@login-policy/event-sourcing';
import { parseOptions } from '@login-policy/event-sourcing/options';
import { closedBy, KeptModels, StoreClosed, storeOn, systemClock } from '@login-policy/event-sourcing/store';
import type { ClientBase, Pool } from 'pg';
import { PostgresBackend } from './backend.js';
import { Connection } from './connection.js';
import { CountKeeper } from './count-keeper.js';
import { handlingWithin, type ConsumeWithinOptions } from './consume-within.js';
import { demandFit } from './fit-pool.js';
import { PoolLender } from './lenders.js';
import { prepareSchema } from './migrations.js';
import { PoolCare } from './pool-care.js';
import { nameOf, schemaNamed, type Schema } from './schema.js';
import { settingsOf, STORE_OPTIONS, type Settings } from './settings.js';
import { Sweeper } from './sweeper.js';
import { SchemaWatch } from './watch.js';
import { storeWithin } from './within.js';

const MOST = { appends: 256, size: 8_000_000 } as const;

/** How a store on PostgreSQL is opened. */
export interface PostgresStoreOptions {
  /** The program's own; the store takes connections out of it for as long as a statement or a transaction takes. */
  readonly pool: Pool;
  /** Where the store keeps its tables: 1 to 63 letters, digits and underscores. Default `login_policy`. */
  readonly schema?: string;
  /**
   * What becomes of a schema that is not there, or is of an older version. `run` makes it this program's; `check` refuses it, for
   * roles that may not, or where somebody else says when: see `migratePostgresStore`. Default `run`.
   */
  readonly migrate?: 'run' | 'check';
  readonly clock?: Clock;
  /** How long the server may work on one statement. Default 10,000 ms. */
  readonly statementTimeoutMs?: number;
  /** How long an append waits for other writers. Default 5,000 ms. */
  readonly lockTimeoutMs?: number;
  /** How long to wait for a connection out of the pool. Default 5,000 ms. */
  readonly connectTimeoutMs?: number;
  /** How long to look for an append whose answer was lost, before it is `outcome-unknown`. Default 10,000 ms. */
  readonly lostAnswerTimeoutMs?: number;
  /** How often to look for what others wrote while somebody waits for it. Default 100 ms. */
  readonly pollIntervalMs?: number;
  /** Whether a connection of its own listens for what others write, while somebody waits for it. Default `on`. */
  readonly listen?: 'on' | 'off';
  /**
   * How much text of events is read at once: a page with more is read with fewer events, one event alone however large it
   * is. Default 64,000,000 bytes.
   */
  readonly largestPageBytes?: number;
  /**
   * Whether connections keep the statements that write prepared: only where they go to the server itself, which the store
   * finds out, or never. Default `when-direct`.
   */
  readonly preparedStatements?: 'when-direct' | 'never';
  /** Is told how many appends were written in one transaction. */
  readonly observe?: Observe;
}

/** Events and read models in one schema of a PostgreSQL database. */
export interface PostgresStore extends Store {
  /**
   * The same store inside a transaction of the caller's, at READ COMMITTED: what is appended, with the rows of read models, is
   * there when they commit, and was never there when they do not; until then only this store sees it. From the first append
   * to the end of that transaction all other appends wait. It can't be followed, and closing it does nothing.
   */
  within(client: ClientBase): Store;
  /**
   * Consumes as {@link Store.consume} does, and hands each call a client in a transaction that moves the checkpoint, too: what the handler does by it
   * is there exactly once, or not at all. The transaction is the store's to end.
   */
  consumeWithin(options: ConsumeWithinOptions): Consumer;
}

/**
 * Opens a store on PostgreSQL, and makes its schema when it is not there. Closing it leaves the pool as it is.
 *
 * @throws StoreUnavailable when there is no server, or it does not answer in time.
 * @throws RangeError naming an option that is unknown or malformed: a time-out or a size is a whole number from 1 to 2,147,483,647.
 * @throws StoreForeign when the schema is another program's, or a newer version's.
 */
export async function openPostgresStore(given: PostgresStoreOptions): Promise<PostgresStore> {
  const options = parseOptions(given, 'openPostgresStore', STORE_OPTIONS);
  const schema = schemaNamed(options.schema ?? 'login_policy');
  const settings = settingsOf(options);
  const connection = connectionOf(options.pool, settings, schema);
  const { pool } = options;
  const care = PoolCare.of(pool);
  care.begin();
  try {
    await prepareSchema(connection, schema, options.migrate ?? 'run');
  } catch (caught) {
    care.end();
    throw caught;
  }
  return assembled(options, { connection, schema, settings });
}

/** The store's way to the server. @throws RangeError for a pool by which it can't work. */
export function connectionOf(pool: Pool, settings: Settings, schema: Schema): Connection {
  demandFit(pool);
  const { statementTimeoutMs: statementMs, lockTimeoutMs: lockMs, connectTimeoutMs: connectMs } = settings;
  const name = nameOf(schema);
  const ways = { timeOuts: { statementMs, lockMs, connectMs }, prepared: settings.preparedStatements };
  return new Connection(new PoolLender(pool, name, connectMs), name, ways);
}

interface Ground {
  readonly connection: Connection;
  readonly schema: Schema;
  readonly settings: Settings;
}

function assembled(options: PostgresStoreOptions, { connection, schema, settings }: Ground): PostgresStore {
  const { pool, clock = systemClock, observe } = options;
  const { pollIntervalMs, largestPageBytes, lostAnswerTimeoutMs: patienceMs } = settings;
  const listener = options.listen === 'off' ? undefined : PoolCare.of(pool).listener;
  const watch = new SchemaWatch({ connection, schema, pollIntervalMs, listener });
  const sweeper = new Sweeper(connection, schema);
  const counts = new CountKeeper(connection, schema);
  const parts = { connection, schema, watch, sweeper, counts, largestPageBytes, patienceMs };
  const models = new KeptModels();
  const backend = new PostgresBackend(parts);
  const store = storeOn(backend, { most: MOST, gather: whenAllIsSaid, models, clock, observe });
  let closing: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    await store.close();
    PoolCare.of(pool).end();
  };
  return {
    ...store,
    consumeWithin: (wanted) => store.consume(handlingWithin(backend.consumers, wanted)),
    within(client) {
      if (closing !== undefined) throw new StoreClosed({ store: connection.name });
      return storeWithin(client, { parts, models, clock });
    },
    ...closedBy(() => (closing = end())),
  };
}

/**
 * After all that is ready now: who was just answered may append again, and joins the next group. Not after the next look at
 * sockets and timers, which an append alone would wait for in vain.
 */
function whenAllIsSaid(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}
