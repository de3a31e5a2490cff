import { Fault, isFault } from '@login-policy/event-sourcing';
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';

/** Whether another connection holds the lock. */
export function isBusy(caught: unknown): boolean {
  return codeOf(caught) === 'SQLITE_BUSY';
}

/** Whether a crash left a file that must be recovered by a connection that may write. */
export function needsRecovery(caught: unknown): boolean {
  return codeOf(caught) === 'SQLITE_READONLY';
}

/** Whether the file is not a SQLite database. */
export function isNoDatabase(caught: unknown): boolean {
  return codeOf(caught) === 'SQLITE_NOTADB';
}

/** The fault for a file of another kind. */
export function notADatabase(store: string, cause: unknown): Fault<'store-foreign'> {
  return new Fault('store-foreign', { store, problem: 'it is not a SQLite database' }, cause);
}

/** Whether a row with this key exists already. */
export function isConstraint(caught: unknown): boolean {
  return codeOf(isFault(caught, 'store-foreign') ? caught.cause : caught) === 'SQLITE_CONSTRAINT';
}

/** Converts a driver's error into a fault; any other error stays as it is. */
export function toFault(caught: unknown, store: string): unknown {
  const code = codeOf(caught);
  const problem = caught instanceof Error ? caught.message : String(caught);
  if (code === 'SQLITE_FULL') return new Fault('store-full', { store }, caught);
  if (code === 'SQLITE_CORRUPT' || code === 'SQLITE_NOTADB' || code === OUT_OF_RANGE)
    return new Fault('store-damaged', { store, problem }, caught);
  if (UNAVAILABLE.includes(code)) return new Fault('store-unavailable', { store, problem }, caught);
  // Only another program's tables, or those of a newer version, cause these errors.
  if (code === 'SQLITE_ERROR' || code === 'SQLITE_CONSTRAINT')
    return new Fault('store-foreign', { store, problem }, caught);
  return caught;
}

/** The fault of an error that a missing right causes. */
export function rightsFault(caught: unknown, store: string): Fault<'store-foreign'> | undefined {
  const code = codeOf(isFault(caught) ? caught.cause : caught);
  return code === 'SQLITE_READONLY' || code === 'SQLITE_CANTOPEN' ? missingRights(store, caught) : undefined;
}

/**
 * The fault of a file that can't be opened. While opening, every error of the driver or Node means that the file is not
 * available.
 */
export function openingFault(caught: unknown, store: string): unknown {
  const fault = rightsFault(caught, store) ?? toFault(caught, store);
  if (isFault(fault) || !(caught instanceof Error)) return fault;
  return new Fault('store-unavailable', { store, problem: caught.message }, caught);
}

/** Node's driver refuses integers outside the safe range. We never write one, so the file is damaged. */
const OUT_OF_RANGE = 'ERR_OUT_OF_RANGE';

const UNAVAILABLE = [
  'SQLITE_BUSY',
  'SQLITE_LOCKED',
  'SQLITE_IOERR',
  'SQLITE_CANTOPEN',
  'SQLITE_READONLY',
  'SQLITE_PROTOCOL',
];

/** The code of an error: the name of SQLite's primary result code, or Node's own. */
export function codeOf(caught: unknown): string {
  if (!(caught instanceof Error)) return '';
  if ('errcode' in caught)
    return NAMES[Number(caught.errcode)] ?? NAMES[Number(caught.errcode) & PRIMARY] ?? 'SQLITE_OTHER';
  return 'code' in caught ? String(caught.code) : '';
}

/** Masks the primary code in an extended result code. */
const PRIMARY = 0xff;

const NAMES: Readonly<Record<number, string>> = {
  1: 'SQLITE_ERROR',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  15: 'SQLITE_PROTOCOL',
  18: 'SQLITE_TOOBIG',
  19: 'SQLITE_CONSTRAINT',
  26: 'SQLITE_NOTADB',
  // SQLITE_IOERR_SHMSIZE: the index of the log does not fit on the disk.
  4874: 'SQLITE_FULL',
};

/** Refuses a file that may not be written, because SQLite would open it for reading. @throws StoreForeign */
export function refuseUnwritable(store: string): void {
  const isWritable = may(existsSync(store) ? store : dirname(store), constants.W_OK);
  const fault = isWritable ? undefined : missingRights(store);
  if (fault !== undefined) throw fault;
}

/** The fault of a file that the user of this program may not use; `undefined` if there is none. */
export function missingRights(store: string, cause?: unknown): Fault<'store-foreign'> | undefined {
  const folder = dirname(store);
  if (!existsSync(folder)) return undefined;
  const isThere = existsSync(store);
  if (isThere && !may(store, constants.R_OK)) return foreign('the user of this program may not read it');
  if ((isThere && !may(store, constants.W_OK)) || !may(folder, constants.W_OK | constants.X_OK))
    return foreign('the user of this program may not write it, or not write to its folder, where SQLite keeps its log');
  return undefined;

  function foreign(problem: string): Fault<'store-foreign'> {
    return new Fault('store-foreign', { store, problem }, cause);
  }
}

function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
