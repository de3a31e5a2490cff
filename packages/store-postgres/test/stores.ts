import { type Projection, ProjectionRunner } from '@login-policy/event-sourcing';
import type { EventShape } from '@login-policy/event-sourcing/store';
import { after, before } from 'mocha';
import { openPostgresStore, type PostgresStore, type PostgresStoreOptions } from '@login-policy/store-postgres';
import { Pool } from 'pg';
import { databaseUrl, disposeOfSchema, freshSchema } from './database.js';

/** A projection with any events and rows. */
export type AnyProjection = Projection<EventShape, unknown>;

/** How a test opens a store. */
export interface OpenOptions extends Partial<PostgresStoreOptions> {
  readonly models?: readonly AnyProjection[];
}

/** Has a store keep these read models from now on, from where the log ends. */
export async function keeping(store: PostgresStore, models: readonly AnyProjection[]): Promise<PostgresStore> {
  for (const projection of models) {
    // As it is, not as a runner has it: the first to open a read model says how appends keep it.
    await store.readModels.open(projection);
    await (await ProjectionRunner.open({ store, projection, follows: 'on-demand' })).catchUp();
  }
  return store;
}

/** One fresh schema, the stores a test opened on it, and a way to throw all of them away. */
export interface Storage {
  readonly schema: string;
  readonly pool: Pool;
  /** Opens it with these read models, which are at the head then. */
  open(options?: OpenOptions): Promise<PostgresStore>;
  dispose(): Promise<void>;
}

/** Gives the tests of a file a pool, and each of them storage of its own. */
export function storages(): () => Storage {
  let pool: Pool | undefined;
  before(async () => {
    pool = new Pool({ connectionString: await databaseUrl() });
  });
  after(() => pool?.end());
  return () => {
    if (pool === undefined) throw new Error('storage is for tests, not for their description');
    return freshStorage(pool);
  };
}

function freshStorage(pool: Pool): Storage {
  const schema = freshSchema();
  const opened: PostgresStore[] = [];
  return {
    schema,
    pool,
    async open({ models = [], ...options } = {}) {
      const store = await openPostgresStore({ pool, schema, ...options });
      opened.push(store);
      return keeping(store, models);
    },
    async dispose() {
      for (const store of opened) await store.close();
      await disposeOfSchema(pool, schema);
    },
  };
}

/** Lets a test have storage of its own, and throws it away after it. */
export async function onStorage(storage: Storage, test: (storage: Storage) => Promise<void>): Promise<void> {
  try {
    await test(storage);
  } finally {
    await storage.dispose();
  }
}
