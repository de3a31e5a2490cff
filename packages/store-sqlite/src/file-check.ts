import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { Fault } from '@login-policy/event-sourcing';
import { Database } from './database.js';
import type { Driver, DriverConnection } from './driver.js';
import { isNoDatabase, needsRecovery, notADatabase, openingFault } from './faults.js';
import { refuseForeign, refuseMissingIndexes } from './schema.js';

/** What is checked before a file is used: every page, every page and index, or nothing. */
export type IntegrityCheck = 'quick' | 'full' | 'none';

/** While a store is opened, another process may be migrating, so the driver itself waits. */
export const OPENING_WAIT_MS = 5000;

/**
 * Checks a file before anything is written to it. A missing or empty file passes. Returns `false` if a crash left the
 * file half-written: the file must first be recovered, which is a write, and then be checked.
 *
 * Only SQLite reads the file: closing a file descriptor of our own would drop all locks of this process on it, and
 * another program could then delete the log of an open store.
 *
 * @throws StoreForeign when its name is too long, when it is not a file, another program's file, or written by a newer version.
 * @throws StoreDamaged when it is this program's file and damaged.
 * @throws StoreUnavailable when it can't be read, or is mounted by itself.
 */
export function checkFile(driver: Driver, path: string, integrity: IntegrityCheck): boolean {
  refuseLongName(path);
  const hadNoLog = !existsSync(`${path}-wal`) && !existsSync(`${path}-shm`);
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isFile() === false) {
      const kind = found.isDirectory() ? 'a directory' : 'a device or a pipe';
      throw new Fault('store-foreign', { store: path, problem: `it is ${kind}, not a file` });
    }
    if (found !== undefined) refuseMountedFile(path);
    if ((found?.size ?? 0) === 0) return true;
    inspect(driver, path, integrity);
    return true;
  } catch (caught) {
    if (needsRecovery(caught)) return false;
    if (hadNoLog) removeEmptyLog(driver, path);
    throw isNoDatabase(caught) ? notADatabase(path, caught) : openingFault(caught, path);
  }
}

/** On Unix, SQLite takes a path of 512 bytes with `-journal`, and a file system a name of 255. */
const [LONGEST_PATH, LONGEST_NAME] = [504, 247] as const;

/** SQLite would only say that it can't open the file. */
function refuseLongName(store: string): void {
  const isShort = Buffer.byteLength(store) <= LONGEST_PATH && Buffer.byteLength(basename(store)) <= LONGEST_NAME;
  if (isShort || process.platform === 'win32') return;
  const problem = `its name is too long: a path has at most ${LONGEST_PATH} bytes, and its last part ${LONGEST_NAME}`;
  throw new Fault('store-foreign', { store, problem });
}

/** SQLite keeps the log beside the file: other programs would not see what is in it, and overwrite it. */
function refuseMountedFile(store: string): void {
  if (!isMountPoint(realpathSync(store))) return;
  const problem =
    'it is mounted by itself, so its write-ahead log would not be kept with it: mount the folder that holds it';
  throw new Fault('store-unavailable', { store, problem });
}

/** Linux tells; elsewhere no file is a mount point. */
function isMountPoint(path: string): boolean {
  const asListed = path.replace(/[\s\\]/g, (character) => `\\0${character.charCodeAt(0).toString(8).padStart(2, '0')}`);
  try {
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
    return mounts.some((mount) => mount.split(' ')[4] === asListed);
  } catch {
    return false;
  }
}

/** Opens the file read-only, so that it stays as it is. */
function inspect(driver: Driver, path: string, integrity: IntegrityCheck): void {
  const connect = (): DriverConnection => driver.connect(path, { waitMs: OPENING_WAIT_MS, isReadOnly: true });
  const database = new Database({ name: path, connect });
  try {
    refuseForeign(database);
    if (integrity !== 'none') refuseUnsound(database, integrity);
  } finally {
    database.close();
  }
}

/** @throws StoreDamaged when SQLite's own check finds damage, or an index is missing. */
export function refuseUnsound(database: Database, integrity: 'quick' | 'full'): void {
  const check = integrity === 'quick' ? 'quick_check' : 'integrity_check';
  const problem = String(database.value(`PRAGMA ${check}(1)`));
  if (problem !== 'ok') throw new Fault('store-damaged', { store: database.name, problem });
  refuseMissingIndexes(database);
}

/**
 * Deletes the empty write-ahead log and its index that a read-only connection creates and leaves behind. A connection
 * that may write deletes them when it closes, unless another process has opened the file.
 */
function removeEmptyLog(driver: Driver, path: string): void {
  try {
    const connection = driver.connect(path, { waitMs: 0 });
    try {
      connection.value('PRAGMA schema_version');
    } finally {
      connection.close();
    }
  } catch {
    // The empty log stays beside a file that can't be written.
  }
}
