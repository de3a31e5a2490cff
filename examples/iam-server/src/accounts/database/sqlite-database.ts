import { statSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { Fault } from '@login-policy/event-sourcing';
import { codeOf as errorCodeOf, createPrivateFile } from '../../data/private-file.js';
import type { Database, Row, Statement } from './database.js';

/** How long SQLite itself waits for another process, in which this one does nothing else. */
const BLOCKING_MS = 10;
const RETRY_MS = 10;
/** How long a statement is tried while another process holds the file. */
const PATIENCE_MS = 5000;

/** SQLite's primary result codes (https://sqlite.org/rescode.html). */
const [BUSY, LOCKED, CORRUPT, FULL, NOT_A_DATABASE] = [5, 6, 11, 13, 26];

/** What the system says of a place that no file can be at, until somebody mends that. */
const UNUSABLE = new Set(['EACCES', 'EISDIR', 'ENOTDIR', 'EPERM', 'EROFS', 'ETXTBSY']);

/**
 * Accounts in a file of SQLite. It has a rollback journal and no WAL, so that a backup that is put in its place cannot
 * meet the WAL of the file before.
 */
export class SqliteDatabase implements Database {
  readonly name: string;
  readonly #path: string;
  #file: OpenFile;

  readonly #now: () => number;

  private constructor(path: string, now: () => number) {
    this.name = `SQLite (${path})`;
    this.#path = path;
    this.#now = now;
    this.#file = opened(path, now);
  }

  /** @throws Fault when the file can't be used. */
  static async open(path: string, now: () => number): Promise<SqliteDatabase> {
    try {
      await createPrivateFile(path);
      const database = new SqliteDatabase(path, now);
      // Not before it was found to be one of SQLite: another file keeps its mode.
      await chmod(path, 0o600);
      return database;
    } catch (caught) {
      const [store, problem] = [`SQLite (${path})`, String(caught)];
      if (UNUSABLE.has(errorCodeOf(caught) ?? '')) throw new Fault('store-foreign', { store, problem }, caught);
      throw faultOf(store, caught);
    }
  }

  run(statement: Statement): Promise<readonly Row[]> {
    return this.#patiently(() => this.#all(statement));
  }

  atOnce(statements: readonly Statement[]): Promise<readonly Row[] | undefined> {
    return this.#patiently(() => {
      const { database } = this.#current();
      database.exec('BEGIN IMMEDIATE');
      try {
        const decided = this.#allOf(statements);
        database.exec(decided === undefined ? 'ROLLBACK' : 'COMMIT');
        return decided;
      } catch (caught) {
        // SQLite has rolled back already after some errors.
        if (database.isTransaction) database.exec('ROLLBACK');
        throw caught;
      }
    });
  }

  close(): Promise<void> {
    this.#file.database.close();
    return Promise.resolve();
  }

  #allOf([first, ...others]: readonly Statement[]): readonly Row[] | undefined {
    const decided = first === undefined ? [] : this.#all(first);
    if (decided.length === 0) return undefined;
    for (const statement of others) this.#all(statement);
    return decided;
  }

  #all({ sql, values }: Statement): readonly Row[] {
    const { database, prepared } = this.#current();
    let statement = prepared.get(sql);
    if (statement === undefined) prepared.set(sql, (statement = database.prepare(sql.replaceAll('iam.', ''))));
    return statement.all(Object.fromEntries(values.map((value, index) => [`$${index + 1}`, value])));
  }

  /** The open file; another one if it was replaced, such as by a backup. */
  #current(): OpenFile {
    const found = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
    if (found === undefined) throw new Error('the file is gone');
    if (found.ino !== this.#file.inode && !this.#file.database.isTransaction) {
      this.#file.database.close();
      this.#file = opened(this.#path, this.#now);
    }
    return this.#file;
  }

  /** Tries again while another process holds the file, and lets this one go on with other requests meanwhile. */
  async #patiently<Result>(act: () => Result): Promise<Result> {
    const began = performance.now();
    for (;;) {
      try {
        return act();
      } catch (caught) {
        const isHeld = [BUSY, LOCKED].includes(codeOf(caught));
        if (!isHeld || performance.now() - began > PATIENCE_MS) throw faultOf(this.name, caught);
        await pause(RETRY_MS);
      }
    }
  }
}

interface OpenFile {
  readonly database: DatabaseSync;
  readonly inode: bigint;
  readonly prepared: Map<string, StatementSync>;
}

function opened(path: string, now: () => number): OpenFile {
  const { ino } = statSync(path, { bigint: true });
  const database = new DatabaseSync(path, { timeout: BLOCKING_MS, enableForeignKeyConstraints: true });
  try {
    database.function('now_ms', () => BigInt(Math.floor(now())));
    database.exec('PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON');
  } catch (caught) {
    database.close();
    throw caught;
  }
  return { database, inode: ino, prepared: new Map() };
}

function codeOf(caught: unknown): number {
  const code = caught instanceof Error && 'errcode' in caught ? caught.errcode : undefined;
  return typeof code === 'number' ? code & 0xff : 0;
}

function faultOf(store: string, caught: unknown): Fault {
  const problem = caught instanceof Error ? caught.message : String(caught);
  const code = codeOf(caught);
  if (code === FULL) return new Fault('store-full', { store }, caught);
  if (code === CORRUPT || code === NOT_A_DATABASE) return new Fault('store-damaged', { store, problem }, caught);
  return new Fault('store-unavailable', { store, problem }, caught);
}
