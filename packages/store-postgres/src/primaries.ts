import { READ_ONLY } from './faults.js';
import { memoized } from './memoized.js';
import type { Cells } from './queries.js';

/** The server is a standby, or the session is read-only, as after a demotion. The statement did nothing. */
export class NoPrimary extends Error {
  readonly code: string = READ_ONLY;
}

/**
 * The statement, which also asks whether the server is a primary, in two more columns for {@link rowsOfPrimary}: a
 * standby may return outdated data. A transaction that began on a standby stays read-only, even after a promotion. It
 * returns at least one row.
 */
export const askingPrimary: (text: string) => string = memoized(
  (text) => `SELECT found.*, current_setting('transaction_read_only') FROM (SELECT) AS one
        LEFT JOIN LATERAL (SELECT asked.*, true FROM (${text}) AS asked) AS found ON true`,
);

/** The rows found by a primary. @throws NoPrimary */
export function rowsOfPrimary(rows: readonly Cells[]): readonly Cells[] {
  const [first] = rows;
  if (first?.at(-1) !== 'off') throw new NoPrimary();
  return first.at(-2) === null ? [] : rows;
}
