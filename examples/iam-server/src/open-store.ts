import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isFault, openMemoryStore, type Store } from '@login-policy/event-sourcing';
import { CannotStart, withoutSecrets } from './config.js';
import { createPrivateFile } from './data/private-file.js';

/** The start itself retries, and reports why. */
const FIRST_RETRY_MS = 1000;

/** The URLs of a store. */
export interface StoreUrls {
  readonly storeUrl: string;
  /** Of the rows, for a store that keeps none. */
  readonly rowsUrl: string;
}

/**
 * Opens the store of a URL, checks that it answers, and loads no other store's driver.
 *
 * @throws CannotStart
 */
export async function openStore(urls: StoreUrls): Promise<Store> {
  try {
    const store = await openUnseen(urls);
    try {
      // Some stores open without contacting their server.
      await store.eventStore.head();
    } catch (caught) {
      await store.close();
      throw caught;
    }
    return store;
  } catch (caught) {
    throw storeFailure(urls.storeUrl, caught);
  }
}

async function openUnseen({ storeUrl: url, rowsUrl }: StoreUrls): Promise<Store> {
  if (url === 'memory:') return openMemoryStore();
  return /^(esdb|kurrentdb)/.test(url) ? openEventStoreDb(url, rowsUrl) : openDatabase(url);
}

function openDatabase(url: string): Promise<Store> {
  return url.startsWith('sqlite:') ? openSqlite(url.slice('sqlite:'.length)) : openPostgres(url);
}

/** Why the store of a URL can't be used, as a sentence. */
export function storeFailure(url: string, cause: unknown): CannotStart {
  const reason = (cause instanceof Error ? cause.message : String(cause)).trim().replace(/\.$/, '');
  return new CannotStart(`The store of IAM_STORE, ${withoutSecrets(url)}, can't be opened: ${reason}.`, {
    cause,
    remedy: isFault(cause) && cause.retryable ? 'start again' : 'mend what is named',
  });
}

async function openSqlite(path: string): Promise<Store> {
  await mkdir(dirname(path), { recursive: true });
  // SQLite would make the file readable for all; its other files get the mode of this one.
  await createPrivateFile(path);
  const { openSqliteStore } = await import('@login-policy/store-sqlite');
  return openSqliteStore({ path });
}

async function openEventStoreDb(url: string, rowsUrl: string): Promise<Store> {
  const { connectEventStoreDb } = await import('@login-policy/store-eventstoredb');
  // An open store retries reads for longer than an operator waits for a start.
  const first = connectEventStoreDb(url, { timeouts: { retryMs: FIRST_RETRY_MS } });
  try {
    await first.eventStore.head();
  } finally {
    await first.close();
  }
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
  // The pool replaces broken idle connections. Without a listener, their errors would end the process.
  pool.on('error', () => undefined);
  try {
    const store = await openPostgresStore({ pool });
    return {
      ...store,
      async close() {
        await store.close();
        await pool.end();
      },
    };
  } catch (caught) {
    await pool.end();
    throw caught;
  }
}
