import { isFault } from '@login-policy/event-sourcing';
import { StoreDamaged, StoreForeign, StoreFull, StoreUnavailable } from '@login-policy/event-sourcing/store';

/** What SQLite says when another connection holds the lock. */
export function isBusy(caught: unknown): boolean {
  return codeOf(caught) === 'SQLITE_BUSY';
}

/** What SQLite says when a crash left a file that has to be recovered, and the connection may not write. */
export function needsRecovery(caught: unknown): boolean {
  return codeOf(caught) === 'SQLITE_READONLY';
}

/** What SQLite says of a file whose first page is not that of a database. */
export function isNoDatabase(caught: unknown): boolean {
  return codeOf(caught) === 'SQLITE_NOTADB';
}

/** Says that a file is of another kind altogether. */
export function notADatabase(store: string, cause: unknown): StoreForeign {
  return new StoreForeign({ store, problem: 'it is not a SQLite database' }, cause);
}

/** Whether SQLite itself said it. */
export function isDriverError(caught: unknown): boolean {
  return codeOf(caught).startsWith('SQLITE_');
}

/** What SQLite says of a row that is there already. */
export function isConstraint(caught: unknown): boolean {
  return codeOf(caught) === 'SQLITE_CONSTRAINT';
}

/** Whether a value would be larger than SQLite, or a string of JavaScript, can be. */
export function isTooBig(caught: unknown): boolean {
  return codeOf(caught) === 'SQLITE_TOOBIG' || codeOf(caught) === 'ERR_STRING_TOO_LONG';
}

/** Turns what the driver threw into the fault it stands for; anything that is not the driver's stays as it is. */
export function toFault(caught: unknown, store: string): unknown {
  const code = codeOf(caught);
  const problem = caught instanceof Error ? caught.message : String(caught);
  if (code === 'SQLITE_FULL') return new StoreFull({ store }, caught);
  if (code === 'SQLITE_CORRUPT' || code === 'SQLITE_NOTADB' || code === BEYOND_NUMBERS)
    return new StoreDamaged({ store, problem }, caught);
  if (AWAY.includes(code)) return new StoreUnavailable({ store, problem }, caught);
  return caught;
}

/** The fault of a file that can't be opened: there, whatever the driver or Node says means that it is out of reach. */
export function openingFault(caught: unknown, store: string): unknown {
  const fault = toFault(caught, store);
  if (isFault(fault) || !(caught instanceof Error)) return fault;
  return new StoreUnavailable({ store, problem: caught.message }, caught);
}

/** Node's own driver refuses an integer that no number is: none of ours is so large. */
const BEYOND_NUMBERS = 'ERR_OUT_OF_RANGE';

const AWAY = ['SQLITE_BUSY', 'SQLITE_LOCKED', 'SQLITE_IOERR', 'SQLITE_CANTOPEN', 'SQLITE_READONLY', 'SQLITE_PROTOCOL'];

/** The code of an error: SQLite's primary result code, by its name, or Node's own. */
export function codeOf(caught: unknown): string {
  if (!(caught instanceof Error)) return '';
  if ('errcode' in caught) return NAMES[Number(caught.errcode) & PRIMARY] ?? 'SQLITE_ERROR';
  return 'code' in caught ? String(caught.code) : '';
}

/** The bits of an extended result code that hold the primary one. */
const PRIMARY = 0xff;

const NAMES: Readonly<Record<number, string>> = {
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
};
