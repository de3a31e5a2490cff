import { READ_ONLY } from './faults.js';
import type { Cells } from './queries.js';

/** The server is a standby, or the session may only read, as after a server was demoted. It has done nothing. */
export class NoPrimary extends Error {
  readonly code: string = READ_ONLY;
}

/**
 * Statements that also ask whether the server is a primary: a standby may answer from long ago. A transaction that began on a standby may only
 * read, also when that is promoted meanwhile.
 */
export class OfPrimaries {
  readonly #statements = new Map<string, string>();

  /** The statement with two columns more at the end of each row, and with one row where it has none: for {@link rowsOfPrimary}. */
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

/** The rows that a primary found. @throws NoPrimary */
export function rowsOfPrimary(rows: readonly Cells[]): readonly Cells[] {
  const [first] = rows;
  if (first?.at(-1) !== 'off') throw new NoPrimary();
  return first.at(-2) === null ? [] : rows;
}
