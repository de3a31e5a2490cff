import { Fault, isFault } from '@login-policy/event-sourcing';

/** The meaning of the server's condition codes, by their first two characters or all five. */
type Meaning = 'unavailable' | 'full' | 'damaged' | 'foreign';

/** The server can't write: it is a standby, was demoted, or the session is read-only. */
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
  // Only another program's tables, triggers and settings cause these errors.
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

const PROBLEMS: Readonly<Record<string, string>> = {
  [READ_ONLY]: 'its server is a standby, or the session is read-only: only a primary answers',
  '55P03': 'another writer held the lock for longer than the lock time-out',
  '57014': 'a statement took longer than the statement time-out',
};

/** Codes of the socket and of TLS, and messages of the driver, when no server answers or the line breaks. */
const NETWORK = /^(?:E(?:CONN|PIPE|PROTO|TIMEDOUT|HOST|NET|AI_AGAIN)|ENOTFOUND|ERR_(?:SSL|TLS|SOCKET|STREAM)_)/;
const DRIVER =
  /Connection terminated|timeout exceeded when trying to connect|connection error|not queryable|Client was closed|Connection ended|Query read timeout/;
/** The driver's name of an error in the server's words. One without a condition code is not the server's answer. */
const NO_ANSWER = 'error';
const ENDED_POOL = /Cannot use a pool after calling end/;
/** PgBouncer's message for a transaction in statement mode. Its code is also that of broken connections. */
const STATEMENT_MODE = /not allowed in statement pooling mode/;
const NO_STATEMENT_MODE = 'a pooler in statement mode has no transactions: use transaction mode or session mode';

/** Converts a caught error into a fault of the port; errors that are not the server's stay as they are. */
export function postgresFault(store: string, caught: unknown): unknown {
  if (isFault(caught) || !(caught instanceof Error)) return caught;
  if (ENDED_POOL.test(caught.message)) return new Fault('store-closed', { store });
  const code = stateOf(caught);
  if (code === undefined) {
    return isConnectionLost(caught) ? unreachable(store, caught) : caught;
  }
  if (STATEMENT_MODE.test(caught.message))
    return new Fault('store-foreign', { store, problem: NO_STATEMENT_MODE }, caught);
  const problem = PROBLEMS[code] ?? caught.message;
  // In each case nothing was written.
  const meaning = MEANINGS[code] ?? MEANINGS[code.slice(0, 2)] ?? 'unavailable';
  switch (meaning) {
    case 'unavailable':
      return new Fault('store-unavailable', { store, problem }, caught);
    case 'full':
      return new Fault('store-full', { store }, caught);
    case 'damaged':
      return new Fault('store-damaged', { store, problem }, caught);
    case 'foreign':
      return new Fault('store-foreign', { store, problem }, caught);
  }
}

/**
 * Why no connection was made: {@link postgresFault}, or a mistake in the options of the pool. Never the schema, of which
 * nothing is known yet: the server may let nobody in for a while, as when the database is copied. An address that is not
 * a URL is refused at once, because waiting does not mend it.
 */
export function connectingFault(store: string, caught: unknown): unknown {
  if (isFault(caught)) return caught;
  if (caught instanceof Error && codeOf(caught) === 'ERR_INVALID_URL')
    return new RangeError('the connection string of the pool is not a URL', { cause: caught });
  const fault = postgresFault(store, caught);
  return isFault(fault) && fault.code !== 'store-foreign' ? fault : unreachable(store, caught);
}

function unreachable(store: string, caught: unknown): Fault<'store-unavailable'> {
  // A host with several addresses throws one error per address, and its own message says nothing.
  const errors: readonly unknown[] = caught instanceof AggregateError ? caught.errors : [caught];
  const problem = errors.map((error) => (error instanceof Error ? error.message : String(error))).join(', ');
  return new Fault('store-unavailable', { store, problem }, caught);
}

/** Whether the server was not a primary and has therefore done nothing. */
export function isNoPrimary(caught: unknown): boolean {
  return stateOf(caught) === READ_ONLY;
}

/**
 * Whether the connection broke, so that the outcome is unknown. A condition code is an answer, except when the server
 * is shutting down: that code may also come after a commit.
 */
export function isConnectionLost(caught: unknown): boolean {
  if (!(caught instanceof Error) || isFault(caught)) return false;
  const state = stateOf(caught);
  if (STATEMENT_MODE.test(caught.message)) return false;
  if (state !== undefined) return state.startsWith('08') || /^57P0[1-5]$/.test(state);
  return caught.name === NO_ANSWER || NETWORK.test(codeOf(caught) ?? '') || DRIVER.test(caught.message);
}

/** The server's condition code, if the error is the server's. */
export function stateOf(caught: unknown): string | undefined {
  const code = caught instanceof Error ? codeOf(caught) : undefined;
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !/^E[A-Z]/.test(code) ? code : undefined;
}

function codeOf(caught: Error): string | undefined {
  return 'code' in caught && typeof caught.code === 'string' ? caught.code : undefined;
}
