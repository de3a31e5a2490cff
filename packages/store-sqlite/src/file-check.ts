import { closeSync, existsSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { isFault, StoreDamaged, StoreForeign, StoreUnavailable } from '@login-policy/event-sourcing';
import Database from 'better-sqlite3';
import { needsRecovery, toFault } from './faults.js';
import { APPLICATION_ID, foreign, refuseNewer } from './schema.js';

/** How closely a file is looked at before it is used: every page, every page and index, or not at all. */
export type IntegrityCheck = 'quick' | 'full' | 'none';

const MAGIC = 'SQLite format 3\0';
const HEADER_BYTES = 100;
const USER_VERSION_AT = 60;
const APPLICATION_ID_AT = 68;

/**
 * Looks at a file before anything is written to it. A file that is not there yet, or is empty, passes. Says whether it was
 * found sound: one that a crash left half-way must be recovered first, which is a write, and is to be checked then.
 *
 * @throws StoreForeign when it is not a file of ours, or a newer version of this program wrote it.
 * @throws StoreDamaged when it is ours and not sound.
 * @throws StoreUnavailable when it can't be read.
 */
export function checkFile(path: string, integrity: IntegrityCheck): boolean {
  const header = readHeader(path);
  if (header === undefined) return true;
  refuseForeign(path, header);
  return integrity === 'none' || refuseDamaged(path, integrity);
}

/** The first bytes of the file; `undefined` when there are none. */
function readHeader(path: string): Buffer | undefined {
  try {
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) return undefined;
    const header = Buffer.alloc(HEADER_BYTES);
    const file = openSync(path, 'r');
    try {
      return header.subarray(0, readSync(file, header));
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw new StoreUnavailable({ store: path, problem: cause instanceof Error ? cause.message : String(cause) }, cause);
  }
}

function refuseForeign(path: string, header: Buffer): void {
  if (header.length < HEADER_BYTES || header.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw new StoreForeign({ store: path, problem: 'it is no SQLite database' });
  }
  if (header.readUInt32BE(APPLICATION_ID_AT) !== APPLICATION_ID) throw foreign(path);
  refuseNewer(path, header.readUInt32BE(USER_VERSION_AT));
}

/** Read-only, so that the file stays as it is whatever is found. Says whether it could be looked at that way. */
function refuseDamaged(path: string, integrity: 'quick' | 'full'): boolean {
  const isAlone = !existsSync(`${path}-wal`) && !existsSync(`${path}-shm`);
  try {
    const database = new Database(path, { readonly: true });
    try {
      refuseNewer(path, Number(database.pragma('user_version', { simple: true })));
      refuseUnsound(database, integrity);
    } finally {
      database.close();
    }
    return true;
  } catch (caught) {
    if (needsRecovery(caught)) return false;
    const fault = toFault(caught, path);
    // Only of a file that nobody can have opened meanwhile: it is refused to everybody.
    if (isAlone && (isFault(fault, 'store-damaged') || isFault(fault, 'store-foreign'))) removeEmptyLog(path);
    throw fault;
  }
}

/** @throws StoreDamaged when SQLite's own check finds something. */
export function refuseUnsound(database: Database.Database, integrity: 'quick' | 'full'): void {
  const check = integrity === 'quick' ? 'quick_check' : 'integrity_check';
  const problem = String(database.pragma(`${check}(1)`, { simple: true }));
  if (problem !== 'ok') throw new StoreDamaged({ store: database.name, problem });
}

/** A read-only look at a file with a write-ahead log makes an empty log and its index beside it, and leaves them there. */
function removeEmptyLog(path: string): void {
  if (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size !== 0) return;
  rmSync(`${path}-wal`, { force: true });
  rmSync(`${path}-shm`, { force: true });
}
