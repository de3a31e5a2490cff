import { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from '@login-policy/store-sqlite';
import { freshFolder, type Folder } from './files.js';
import { watchDriver, type WatchedDriver } from './watched-driver.js';

/** A store in a folder of its own, whose driver is watched. */
export interface WatchedStore {
  readonly folder: Folder;
  readonly path: string;
  readonly driver: WatchedDriver;
  readonly store: SqliteStore;
}

/** Opens one, for the tests of a file. */
export async function openWatched(options: Omit<SqliteStoreOptions, 'path'> = {}): Promise<WatchedStore> {
  const folder = await freshFolder();
  const path = folder.path('store.db');
  const driver = watchDriver();
  return { folder, path, driver, store: await openSqliteStore({ path, ...options }) };
}

/** Leaves the driver as it was, closes the store and takes the folder away. */
export async function leaveWatched({ driver, folder, store }: Omit<WatchedStore, 'path'>): Promise<void> {
  driver.restore();
  await store.close();
  await folder.remove();
}
