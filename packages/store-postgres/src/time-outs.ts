/** The store's time-outs, in milliseconds. */
export interface TimeOuts {
  /** For a statement, on the server and in this program. */
  readonly statementMs: number;
  /** For the locks of other writers. */
  readonly lockMs: number;
}

/** How long the work of a handler's transaction may go on after its signal has fired. */
export const WORK_ENDS_MS = 2000;

/** How much longer this program waits than the server. */
const MARGIN_MS = 1000;

/** How long to wait for an answer, in milliseconds: longer than the server's own time-outs. */
export function longestMs({ statementMs, lockMs }: TimeOuts): number {
  return Math.max(statementMs, lockMs) + MARGIN_MS;
}

/** How long a statement waits for locks: no longer than its own time-out. */
export function longestWait({ statementMs, lockMs }: TimeOuts): string {
  return String(Math.min(statementMs, lockMs));
}

/**
 * The beginning of a transaction: sets READ COMMITTED whatever the role's default, and time-outs on the server, also
 * for an idle transaction. The settings end with the transaction, also behind a pooler.
 */
export function limitsOf({ statementMs, lockMs }: TimeOuts): string {
  return `${ISOLATION} SET LOCAL statement_timeout = ${statementMs};
    SET LOCAL lock_timeout = ${lockMs};
    ${idleLimit(statementMs)}`;
}

/**
 * The beginning of a handler's transaction. If its process is silent for longer than a call may take, the server ends
 * the transaction and its locks. A time-out of the role is not changed.
 */
export function limitsOfHandler(handleTimeoutMs: number): string {
  const name = "'idle_in_transaction_session_timeout'";
  return `${ISOLATION} SELECT pg_catalog.set_config(${name}, '${handleTimeoutMs + WORK_ENDS_MS}', true)
    WHERE pg_catalog.current_setting(${name}) OPERATOR(pg_catalog.=) '0';`;
}

/** The beginning of a migration: its statements take as long as they need, but it ends when its process is lost. */
export function limitsOfMigration({ lockMs }: TimeOuts): string {
  return `${ISOLATION} SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; ${idleLimit(lockMs)}`;
}

function idleLimit(ms: number): string {
  return `SET LOCAL idle_in_transaction_session_timeout = ${ms + MARGIN_MS};`;
}

const ISOLATION = 'SET TRANSACTION ISOLATION LEVEL READ COMMITTED;';
