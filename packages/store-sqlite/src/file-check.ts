import { existsSync, statSync } from 'node:fs';
import { StoreDamaged, StoreForeign } from '@login-policy/event-sourcing/store';
import { Database } from './database.js';
import type { Driver, DriverConnection } from './driver.js';
import { isNoDatabase, needsRecovery, notADatabase, openingFault } from './faults.js';
import { refuseForeign } from './schema.js';

/** How closely a file is looked at before it is used: every page, every page and index, or not at all. */
export type IntegrityCheck = 'quick' | 'full' | 'none';

/** While a store is opened, another process may be migrating: then the driver itself waits. */
export const OPENING_WAIT_MS = 5000;

/**
 * Looks at a file before anything is written to it. A file that is not there yet, or is empty, passes. Says whether it was
 * found sound: one that a crash left half-way must be recovered first, which is a write, and is to be checked then.
 *
 * It is looked at through SQLite alone: closing a descriptor of our own would drop every lock that this process has on
 * the file, and another program could then take away the log of a store that is open.
 *
 * @throws StoreForeign when it is a directory or not a file of ours, or a newer version of this program wrote it.
 * @throws StoreDamaged when it is ours and not sound.
 * @throws StoreUnavailable when it can't be read.
 */
export function checkFile(driver: Driver, path: string, integrity: IntegrityCheck): boolean {
  const isAlone = !existsSync(`${path}-wal`) && !existsSync(`${path}-shm`);
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory() === true)
      throw new StoreForeign({ store: path, problem: 'it is a directory, not a file' });
    if ((found?.size ?? 0) === 0) return true;
    look(driver, path, integrity);
    return true;
  } catch (caught) {
    if (needsRecovery(caught)) return false;
    if (isAlone) removeEmptyLog(driver, path);
    throw isNoDatabase(caught) ? notADatabase(path, caught) : openingFault(caught, path);
  }
}

/** Read-only, so that the file stays as it is whatever is found. */
function look(driver: Driver, path: string, integrity: IntegrityCheck): void {
  const connect = (): DriverConnection => driver.connect(path, { waitMs: OPENING_WAIT_MS, isReadOnly: true });
  const database = new Database({ name: path, connect });
  try {
    refuseForeign(database);
    if (integrity !== 'none') refuseUnsound(database, integrity);
  } finally {
    database.close();
  }
}

/** @throws StoreDamaged when SQLite's own check finds something. */
export function refuseUnsound(database: Database, integrity: 'quick' | 'full'): void {
  const check = integrity === 'quick' ? 'quick_check' : 'integrity_check';
  const problem = String(database.value(`PRAGMA ${check}(1)`));
  if (problem !== 'ok') throw new StoreDamaged({ store: database.name, problem });
}

/**
 * A read-only look at a file with a write-ahead log makes an empty log and its index beside it, and leaves them there. A
 * connection that may write takes them away when it closes, unless somebody else has opened the file meanwhile.
 */
function removeEmptyLog(driver: Driver, path: string): void {
  try {
    const connection = driver.connect(path, { waitMs: 0 });
    try {
      connection.prepare('PRAGMA schema_version', 'value').get();
    } finally {
      connection.close();
    }
  } catch {
    // The log stays beside a file that can't be written. It is empty.
  }
}
