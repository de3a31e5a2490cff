import { copyFile } from 'node:fs/promises';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';

interface RawStatement {
  run(...values: SQLInputValue[]): unknown;
  get(...values: SQLInputValue[]): unknown;
  all(...values: SQLInputValue[]): unknown;
  iterate(...values: SQLInputValue[]): unknown;
}

/**
 * A connection of the very driver that a store has in this Node: two SQLites in one process would undo each other's
 * locks.
 */
export interface RawDatabase {
  prepare(sql: string): RawStatement;
  exec(sql: string): unknown;
  close(): unknown;
}

/** The driver's class for connections. */
export const Raw: { new (path: string): RawDatabase; readonly prototype: RawDatabase } = DatabaseSync;

/** The first value that a statement answers. */
export function valueOf(database: RawDatabase, sql: string): unknown {
  return Object.values(Object(database.prepare(sql).get()))[0];
}

/** Does something with a file behind a store's back. */
export function tamper(path: string, ...statements: readonly string[]): void {
  const database = new Raw(path);
  for (const statement of statements) database.exec(statement);
  database.close();
}

/**
 * Copies a closed store as a crash leaves it: a transaction has spilled into the file, and the journal that undoes it
 * is beside it.
 */
export async function copyHalfWay(path: string, crashed: string): Promise<void> {
  const database = new Raw(path);
  for (const pragma of ['journal_mode = DELETE', 'cache_size = 2', 'cache_spill = 1'])
    database.exec(`PRAGMA ${pragma}`);
  database.exec('BEGIN IMMEDIATE');
  const insert = database.prepare("INSERT INTO receipts VALUES ('s', ?, ?, 0)");
  for (let key = 0; key < 3000; key++) insert.run(`k${key}`, 'f'.repeat(200));
  await copyFile(path, crashed);
  await copyFile(`${path}-journal`, `${crashed}-journal`);
  database.exec('ROLLBACK');
  database.close();
}
