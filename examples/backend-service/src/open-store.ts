import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { openMemoryStore, type Store } from '@login-policy/event-sourcing';

/**
 * Opens the store a URL names: outgrowing one machine is another URL. A store's driver is loaded only when it is
 * chosen, because imports are most of a cold start.
 */
export async function openStore(url: string): Promise<Store> {
  if (url === 'memory:') return openMemoryStore();
  if (url.startsWith('sqlite:')) return openSqlite(url.slice('sqlite:'.length));
  return /^(esdb|kurrentdb)/.test(url) ? openEventStoreDb(url) : openPostgres(url);
}

async function openSqlite(path: string): Promise<Store> {
  await mkdir(dirname(path), { recursive: true });
  const { openSqliteStore } = await import('@login-policy/store-sqlite');
  return openSqliteStore({ path });
}

/** EventStoreDB keeps no read models: they are in memory here, and are followed in the background. */
async function openEventStoreDb(url: string): Promise<Store> {
  const { connectEventStoreDb } = await import('@login-policy/store-eventstoredb');
  return connectEventStoreDb(url);
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
