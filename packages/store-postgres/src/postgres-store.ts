import { type Consumer, Fault, parseOptions, type Store } from '@login-policy/event-sourcing';
import { InlineModels, storeOn } from '@login-policy/event-sourcing/store';
import type { ClientBase, Pool } from 'pg';
import { PostgresBackend } from './backend.js';
import { Connection } from './connection.js';
import { handlingWithin, type ConsumeWithinOptions } from './consume-within.js';
import { demandUsablePool } from './fit-pool.js';
import { PoolSource } from './connection-source.js';
import { prepareSchema } from './migrations.js';
import { PoolErrors } from './pool-errors.js';
import { nameOf, schemaNamed, type Schema } from './schema.js';
import { settingsOf, STORE_OPTIONS, WITHIN_RULES, type Settings, type PostgresStoreOptions } from './settings.js';
import { Sweeper } from './sweeper.js';
import { SchemaWatch } from './watch.js';
import { storeWithin } from './within.js';

const MOST = { appends: 256, size: 8_000_000 } as const;

/** Events and read models in one schema of a PostgreSQL database. */
export interface PostgresStore extends Store {
  /**
   * The same store inside a caller's transaction at READ COMMITTED: appends and rows become visible with its commit, or
   * never; until then only this store sees them. From the first append to the end of the transaction, all other appends
   * wait. It can't be subscribed to, and closing it does nothing.
   *
   * @throws RangeError for anything but a client.
   */
  within(client: ClientBase): Store;
  /**
   * Like {@link Store.consume}, but each call gets a client in the transaction that moves the checkpoint: what the
   * handler does with it takes effect exactly once or not at all. The store commits or rolls back the transaction.
   */
  consumeWithin(options: ConsumeWithinOptions): Consumer;
}

/**
 * Opens a store on PostgreSQL, creating its schema if it is missing. Closing it leaves the pool open.
 *
 * @throws StoreUnavailable when the server does not answer in time.
 * @throws StoreForeign when the schema is another program's, or a newer version's.
 * @throws RangeError that names an unknown or malformed option: time-outs and sizes are whole numbers from 1 to
 * 2,147,483,647.
 */
export async function openPostgresStore(given: PostgresStoreOptions): Promise<PostgresStore> {
  const options = parseOptions(given, 'openPostgresStore', STORE_OPTIONS);
  const schema = schemaNamed(options.schema ?? 'login_policy');
  const settings = settingsOf(options);
  const connection = connectionOf(options.pool, settings, schema);
  const { pool } = options;
  const poolErrors = PoolErrors.of(pool);
  poolErrors.register();
  try {
    await prepareSchema(connection, schema, options.migrate ?? 'run');
  } catch (caught) {
    poolErrors.unregister();
    throw caught;
  }
  return assembled(options, { connection, schema, settings });
}

/** The store's connection to the server. @throws RangeError for a pool that it can't work with. */
export function connectionOf(pool: Pool, settings: Settings, schema: Schema): Connection {
  demandUsablePool(pool);
  const { statementTimeoutMs: statementMs, lockTimeoutMs: lockMs, connectTimeoutMs: connectMs } = settings;
  const timeOuts = { statementMs, lockMs };
  const connectionOptions = { timeOuts, prepared: settings.preparedStatements, statements: 'own' } as const;
  return new Connection(new PoolSource(pool, nameOf(schema), connectMs), schema, connectionOptions);
}

interface OpenedSchema {
  readonly connection: Connection;
  readonly schema: Schema;
  readonly settings: Settings;
}

function assembled(options: PostgresStoreOptions, { connection, schema, settings }: OpenedSchema): PostgresStore {
  const { pool, clock, observe } = options;
  const { pollIntervalMs, largestPageBytes, lostAnswerTimeoutMs: timeoutMs } = settings;
  const watch = new SchemaWatch({ connection, schema, pollIntervalMs });
  const sweeper = new Sweeper(connection, schema);
  const parts = { connection, schema, watch, sweeper, largestPageBytes, timeoutMs };
  const models = new InlineModels();
  const backend = new PostgresBackend(parts);
  const store = storeOn(backend, { most: MOST, gather: afterReadyCallbacks, models, clock, observe });
  let closing: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    await store.close();
    PoolErrors.of(pool).unregister();
  };
  const close = (): Promise<void> => (closing ??= end());
  return {
    ...store,
    consumeWithin: (consumeOptions) => store.consume(handlingWithin(backend.consumers, consumeOptions)),
    within(client) {
      parseOptions({ client }, 'within', WITHIN_RULES);
      if (closing !== undefined) throw new Fault('store-closed', { store: connection.name });
      return storeWithin(client, { parts, models, clock: store.clock });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * Resolves after everything that is ready now, so that callers just answered can append again and join the next group.
 * It does not wait for sockets and timers, which would delay a single append for nothing.
 */
function afterReadyCallbacks(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}
