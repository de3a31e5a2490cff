import { after, before } from 'mocha';
import { openPostgresStore, type PostgresStore, type PostgresStoreOptions } from '@login-policy/store-postgres';
import { eventStoreContract, inlineProjectionContract, readModelStoreContract } from '@login-policy/testkit';
import type { Pool } from 'pg';
import { databaseUrl, dropSchema, freshSchema, openPool } from './database.js';

let pool: Pool;

before(async function () {
  this.timeout(120_000);
  await databaseUrl();
  pool = await openPool();
});

after(() => pool.end());

/** Stores on one fresh schema, all thrown away together. */
function onFreshSchema(): {
  open(options?: Partial<PostgresStoreOptions>): Promise<PostgresStore>;
  dispose(): Promise<void>;
} {
  const schema = freshSchema();
  const opened: PostgresStore[] = [];
  return {
    async open(options = {}) {
      const store = await openPostgresStore({ pool, schema, ...options });
      opened.push(store);
      return store;
    },
    async dispose() {
      for (const store of opened) await store.close();
      await dropSchema(pool, schema);
    },
  };
}

eventStoreContract({
  name: 'PostgreSQL',
  open: async ({ clock }) => {
    const storage = onFreshSchema();
    const { eventStore } = await storage.open({ clock });
    return {
      eventStore,
      another: async () => (await storage.open({ clock })).eventStore,
      dispose: () => storage.dispose(),
    };
  },
});

readModelStoreContract({
  name: 'PostgreSQL',
  open: async () => {
    const storage = onFreshSchema();
    const { readModels } = await storage.open();
    return { readModels, another: async () => (await storage.open()).readModels, dispose: () => storage.dispose() };
  },
});

inlineProjectionContract({
  name: 'PostgreSQL',
  open: async (options) => {
    const storage = onFreshSchema();
    let store = await storage.open(options);
    return {
      store,
      async reopen(inlineProjections) {
        await store.close();
        store = await storage.open({ clock: options.clock, inlineProjections });
        return store;
      },
      dispose: () => storage.dispose(),
    };
  },
});
