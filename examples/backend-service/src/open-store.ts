import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { openMemoryStore, type Store } from '@login-policy/event-sourcing';
import type { Config } from './config.js';

/**
 * Opens the store a URL names: outgrowing one machine is another URL. A store's driver is loaded only when it is
 * chosen, because imports are most of a cold start.
 */
export async function openStore({ storeUrl: url, rowsUrl }: Config): Promise<Store> {
  if (url === 'memory:') return openMemoryStore();
  return /^(esdb|kurrentdb)/.test(url) ? openEventStoreDb(url, rowsUrl) : openDatabase(url);
}

function openDatabase(url: string): Promise<Store> {
  return url.startsWith('sqlite:') ? openSqlite(url.slice('sqlite:'.length)) : openPostgres(url);
}

async function openSqlite(path: string): Promise<Store> {
  await mkdir(dirname(path), { recursive: true });
  const { openSqliteStore } = await import('@login-policy/store-sqlite');
  return openSqliteStore({ path });
}

/** EventStoreDB keeps no rows: a database keeps them, so that a start does not read all events again. */
async function openEventStoreDb(url: string, rowsUrl: string): Promise<Store> {
  const { connectEventStoreDb } = await import('@login-policy/store-eventstoredb');
  if (rowsUrl === 'memory:') return connectEventStoreDb(url);
  const rows = await openDatabase(rowsUrl);
  // Closing the store closes these, and with them all of the database's store.
  return connectEventStoreDb(url, {
    readModels: { open: (model) => rows.readModels.open(model), close: () => rows.close() },
  });
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
