import { READ_ONLY } from './faults.js';
import type { Cells } from './queries.js';

/** The server is a standby, or the session is read-only, as after a demotion. The statement did nothing. */
export class NoPrimary extends Error {
  readonly code: string = READ_ONLY;
}

/**
 * Makes statements also ask whether the server is a primary, because a standby may return outdated data. A transaction
 * that began on a standby stays read-only, even after a promotion.
 */
export class PrimaryCheck {
  readonly #statements = new Map<string, string>();

  /** The statement, with two more columns for {@link rowsOfPrimary}. It returns at least one row. */
  statement(text: string): string {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = `SELECT found.*, current_setting('transaction_read_only') FROM (SELECT) AS one
        LEFT JOIN LATERAL (SELECT asked.*, true FROM (${text}) AS asked) AS found ON true`;
      this.#statements.set(text, statement);
    }
    return statement;
  }
}

/** The rows found by a primary. @throws NoPrimary */
export function rowsOfPrimary(rows: readonly Cells[]): readonly Cells[] {
  const [first] = rows;
  if (first?.at(-1) !== 'off') throw new NoPrimary();
  return first.at(-2) === null ? [] : rows;
}
