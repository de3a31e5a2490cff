/** How long the store waits, in milliseconds. */
export interface TimeOuts {
  /** For one statement to be done, on the server and here. */
  readonly statementMs: number;
  /** For other writers to be done. */
  readonly lockMs: number;
  /** For a connection out of the pool. */
  readonly connectMs: number;
}

const ON_TOP_OF_THE_SERVERS_MS = 1000;

/** How long an answer is waited for, in milliseconds: longer than the server takes to give up by itself. */
export function longestMs({ statementMs, lockMs }: TimeOuts): number {
  return Math.max(statementMs, lockMs) + ON_TOP_OF_THE_SERVERS_MS;
}

/** How long a statement waits for other writers: no longer than it may take. */
export function longestWait({ statementMs, lockMs }: TimeOuts): string {
  return String(Math.min(statementMs, lockMs));
}

/**
 * For the beginning of a transaction: what follows sees what others committed, whatever is usual for the role, and the server
 * gives up, too, also on a transaction whose next statement never comes. All of it ends with the transaction, also behind a pooler.
 */
export function limitsOf({ statementMs, lockMs }: TimeOuts): string {
  return `${ISOLATION} SET LOCAL statement_timeout = ${statementMs};
    SET LOCAL lock_timeout = ${lockMs};
    SET LOCAL idle_in_transaction_session_timeout = ${statementMs + ON_TOP_OF_THE_SERVERS_MS};`;
}

/** For the beginning of a transaction that may take as long as it takes. */
export const ISOLATION = 'SET TRANSACTION ISOLATION LEVEL READ COMMITTED;';
