import { isFault } from '@login-policy/event-sourcing';
import {
  StoreClosed,
  StoreDamaged,
  StoreForeign,
  StoreFull,
  StoreUnavailable,
} from '@login-policy/event-sourcing/store';

/** What the server's own condition codes mean to a caller: the first two characters of a code, or all five. */
type Meaning = 'unavailable' | 'full' | 'damaged' | 'foreign';

/** The server can't write: it is a standby, or was demoted, or the session may only read. */
export const READ_ONLY = '25006';

const MEANINGS: Readonly<Record<string, Meaning>> = {
  '08': 'unavailable',
  [READ_ONLY]: 'unavailable',
  '25P03': 'unavailable',
  '25P04': 'unavailable',
  '28': 'unavailable',
  '3D': 'unavailable',
  '40': 'unavailable',
  '53': 'unavailable',
  '53100': 'full',
  '55P03': 'unavailable',
  '57': 'unavailable',
  '58': 'unavailable',
  XX001: 'damaged',
  XX002: 'damaged',
  // Tables, triggers and connections as this program has them refuse nothing that gets this far.
  '0A': 'foreign',
  '22': 'foreign',
  '23': 'foreign',
  '38': 'foreign',
  '39': 'foreign',
  '3F': 'foreign',
  '42': 'foreign',
  '44': 'foreign',
  '54': 'foreign',
  '55': 'foreign',
  '55006': 'unavailable',
  LP: 'foreign',
  P0: 'foreign',
};

const WORDS: Readonly<Record<string, string>> = {
  [READ_ONLY]: 'its server is a standby, or the session is read-only: only a primary answers',
  '55P03': 'other writers were not done within the lock time-out',
  '57014': 'a statement was not done within the statement time-out',
};

/** What the socket and the driver say when there is no server at the other end. */
const NETWORK = /^(?:E(?:CONN|PIPE|TIMEDOUT|HOST|NET|AI_AGAIN)|ENOTFOUND)/;
const DRIVER =
  /Connection terminated|timeout exceeded when trying to connect|connection error|not queryable|Client was closed|Connection ended|Query read timeout/;
const ENDED_POOL = /Cannot use a pool after calling end/;
/** PgBouncer's word for a transaction in its statement mode, by the code that it also has for connections that broke. */
const STATEMENT_MODE = /not allowed in statement pooling mode/;
const NO_STATEMENT_MODE = 'a pooler in statement mode has no transactions: it takes transaction mode or session mode';

/** What was caught, as a fault of the port; what has nothing to do with the server is handed on as it is. */
export function postgresFault(store: string, caught: unknown): unknown {
  if (isFault(caught) || !(caught instanceof Error)) return caught;
  if (ENDED_POOL.test(caught.message)) return new StoreClosed({ store });
  const code = stateOf(caught);
  if (code === undefined) {
    return isConnectionLost(caught) ? unreachable(store, caught) : caught;
  }
  if (STATEMENT_MODE.test(caught.message)) return new StoreForeign({ store, problem: NO_STATEMENT_MODE }, caught);
  const problem = WORDS[code] ?? caught.message;
  // Whatever the server says, nothing was written, and the driver's error stays inside as the cause.
  const meaning = MEANINGS[code] ?? MEANINGS[code.slice(0, 2)] ?? 'unavailable';
  switch (meaning) {
    case 'unavailable':
      return new StoreUnavailable({ store, problem }, caught);
    case 'full':
      return new StoreFull({ store }, caught);
    case 'damaged':
      return new StoreDamaged({ store, problem }, caught);
    case 'foreign':
      return new StoreForeign({ store, problem }, caught);
  }
}

/** Why no connection was made, no matter what says so: {@link postgresFault}, and what else is wrong with the options of a pool. */
export function connectingFault(store: string, caught: unknown): unknown {
  const fault = postgresFault(store, caught);
  return isFault(fault) ? fault : unreachable(store, caught);
}

function unreachable(store: string, caught: unknown): StoreUnavailable {
  // A host of several addresses is refused by each of them, and by itself says nothing.
  const each: readonly unknown[] = caught instanceof AggregateError ? caught.errors : [caught];
  const problem = each.map((one) => (one instanceof Error ? one.message : String(one))).join(', ');
  return new StoreUnavailable({ store, problem }, caught);
}

/** Whether who was asked was no primary, and so has done nothing. */
export function isNoPrimary(caught: unknown): boolean {
  return stateOf(caught) === READ_ONLY;
}

/**
 * Whether the connection broke, so that what it was asked for may have been done or not. An answer with a condition code
 * is an answer, unless it says that the server was going down: that can come after a commit as well.
 */
export function isConnectionLost(caught: unknown): boolean {
  if (!(caught instanceof Error) || isFault(caught)) return false;
  const state = stateOf(caught);
  if (STATEMENT_MODE.test(caught.message)) return false;
  if (state !== undefined) return state.startsWith('08') || /^57P0[1-5]$/.test(state);
  return NETWORK.test(codeOf(caught) ?? '') || DRIVER.test(caught.message);
}

/** The server's condition code, if it was the server who spoke. */
export function stateOf(caught: unknown): string | undefined {
  const code = caught instanceof Error ? codeOf(caught) : undefined;
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !/^E[A-Z]/.test(code) ? code : undefined;
}

function codeOf(caught: Error): string | undefined {
  return 'code' in caught && typeof caught.code === 'string' ? caught.code : undefined;
}
