import { Fault } from '@login-policy/event-sourcing';
import { READ_ONLY } from './faults.js';
import { memoized } from './memoized.js';
import type { Cells } from './queries.js';

/** The server is a standby, or the session is read-only, as after a demotion. The statement did nothing. */
export class NoPrimary extends Error {
  readonly code: string = READ_ONLY;
}

/** The problem of a role that row-level security applies to. */
export const ROWS_HIDDEN = 'row-level security may hide rows from this role: grant it BYPASSRLS';

/** The problem of a connection whose encoding is not that of the driver. */
const FOREIGN_ENCODING = 'the client_encoding of a connection is not UTF8, which the driver takes it for';

/**
 * What keeps a session from reading all rows as they are, as an expression:
 * - it is read-only, as on a standby, which may return outdated data. A transaction that began on a standby stays
 *   read-only, even after a promotion;
 * - it has another `client_encoding` than UTF8: names in the parameters would become others, and rows be missed.
 */
const PROBLEM = `CASE WHEN current_setting('transaction_read_only') <> 'off' THEN 'read-only'
    WHEN current_setting('client_encoding') <> 'UTF8' THEN 'encoding' ELSE 'none' END`;

/**
 * A statement that also asks whether the session may read, in two more columns for {@link rowsOfSession}. It returns at
 * least one row.
 */
export const askingSession: (text: string) => string = memoized(
  (text) => `SELECT found.*, ${PROBLEM} FROM (SELECT) AS one
        LEFT JOIN LATERAL (SELECT asked.*, true FROM (${text}) AS asked) AS found ON true`,
);

/** The rows found by a session that may read. @throws NoPrimary, StoreForeign */
export function rowsOfSession(store: string, rows: readonly Cells[]): readonly Cells[] {
  const [first] = rows;
  const found = first?.at(-1) ?? '';
  if (found === 'none') return first?.at(-2) === null ? [] : rows;
  throw found === 'encoding' ? new Fault('store-foreign', { store, problem: FOREIGN_ENCODING }) : new NoPrimary();
}
