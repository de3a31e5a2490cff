import { tamper } from './raw.js';

const TABLES = ['events', 'receipts', 'models', 'rows', 'row_index'];

/** The tables of a file that a consumer has worked on. */
export const WITH_CONSUMERS: readonly string[] = [...TABLES, 'consumers', 'consumer_sessions'];

/**
 * Puts back what a backup holds, as `.restore` of the sqlite3 shell does: through SQLite, so that who has the file open
 * goes on with it.
 */
export function putBack(backup: string, path: string, tables: readonly string[] = TABLES): void {
  const copies = tables.flatMap((table) => [
    `DELETE FROM ${table}`,
    `INSERT INTO ${table} SELECT * FROM backup.${table}`,
  ]);
  tamper(path, `ATTACH '${backup}' AS backup`, 'BEGIN IMMEDIATE', ...copies, 'COMMIT');
}
