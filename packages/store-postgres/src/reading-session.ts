import { Fault } from '@login-policy/event-sourcing/values';
import { READ_ONLY } from './faults.js';
import { memoized } from './memoized.js';
import type { Cells } from './queries.js';
import { WRITTEN_TABLES } from './writing-session.js';

/** The server is a standby, or the session is read-only, as after a demotion. The statement did nothing. */
export class NoPrimary extends Error {
  readonly code: string = READ_ONLY;
}

/** The problem of a role that row-level security applies to. */
export const ROWS_HIDDEN = 'row-level security may hide rows from this role: grant it BYPASSRLS';

/** Why a session must not read, by the names in {@link problemIn}; a standby is another fault. */
const PROBLEMS: Readonly<Record<string, string>> = {
  encoding: 'the client_encoding of a connection is not UTF8, which the driver takes it for',
  hidden: ROWS_HIDDEN,
};

/**
 * What keeps a session from reading all rows as they are, as a query:
 * - it is read-only, as on a standby, which may return outdated data. A transaction that began on a standby stays
 *   read-only, even after a promotion;
 * - it has another `client_encoding` than UTF8: names in the parameters would become others, and rows be missed;
 * - row-level security was enabled since the store was opened: hidden rows would be taken for missing.
 */
function problemIn(schema: string): string {
  const tables = [...WRITTEN_TABLES, 'consumers', 'consumer_sessions'];
  const hidesRows = tables.map((table) => `row_security_active('${schema}.${table}'::regclass)`).join(' OR ');
  return `SELECT CASE WHEN current_setting('transaction_read_only') <> 'off' THEN 'read-only'
    WHEN current_setting('client_encoding') <> 'UTF8' THEN 'encoding' WHEN ${hidesRows} THEN 'hidden' ELSE 'none' END`;
}

/**
 * The statement of a schema, which also asks whether the session may read, in two more columns for
 * {@link rowsOfSession}. It returns at least one row.
 */
export const askingSession: (schema: string) => (text: string) => string = memoized((schema) =>
  memoized(
    (text) => `SELECT found.*, (${problemIn(schema)}) FROM (SELECT) AS one
        LEFT JOIN LATERAL (SELECT asked.*, true FROM (${text}) AS asked) AS found ON true`,
  ),
);

/** The rows found by a session that may read. @throws NoPrimary, StoreForeign */
export function rowsOfSession(store: string, rows: readonly Cells[]): readonly Cells[] {
  const [first] = rows;
  const found = first?.at(-1) ?? '';
  if (found === 'none') return first?.at(-2) === null ? [] : rows;
  const problem = PROBLEMS[found];
  throw problem === undefined ? new NoPrimary() : new Fault('store-foreign', { store, problem });
}
