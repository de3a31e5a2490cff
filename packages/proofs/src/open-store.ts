import type { Store } from '@login-policy/event-sourcing';

/** Opens the store that a URL names, as the README does: `sqlite:FILE`, `postgres://…` or `esdb://…`. */
export async function openStore(url: string): Promise<Store> {
  if (/^(esdb|kurrentdb)/.test(url)) {
    const { connectEventStoreDb } = await import('@login-policy/store-eventstoredb');
    return connectEventStoreDb(url);
  }
  if (url.startsWith('postgres')) return openPostgres(url);
  const { openSqliteStore } = await import('@login-policy/store-sqlite');
  return openSqliteStore({ path: url.slice('sqlite:'.length) });
}

async function openPostgres(url: string): Promise<Store> {
  const { openPostgresStore } = await import('@login-policy/store-postgres');
  const { Pool } = (await import('pg')).default;
  const pool = new Pool({ connectionString: url });
  const store = await openPostgresStore({ pool });
  return {
    ...store,
    async close() {
      await store.close();
      await pool.end();
    },
  };
}
