import type { SQLInputValue } from 'node:sqlite';
import type { DriverConnection } from './driver.js';
import type { FilePlace } from './file-place.js';
import { Statement, type RowShape } from './statement.js';

/** How a connection is opened, at first and again. */
export interface DatabaseOptions {
  /** The file, for faults; `:memory:` for a database that ends with its connection. */
  readonly name: string;
  readonly connect: (isFirst: boolean) => DriverConnection;
  /** Called once the file is open; absent for a database in memory. */
  readonly placeOf?: () => FilePlace;
}

/** The outcome of a transaction. If the commit failed, the content of the file is unknown. */
export type CommitResult<Result> = { readonly result: Result } & (
  { readonly isCommitted: true } | { readonly isCommitted: false; readonly cause: unknown }
);

/**
 * The single connection of a store. After some errors only a new connection knows what is in the file, so the file can
 * be reopened. Statements are then compiled again on their next use.
 */
export class Database {
  readonly name: string;
  readonly #options: DatabaseOptions;
  readonly #place: FilePlace | undefined;
  // Cached, because compiling is a large part of a small transaction.
  readonly #begin: Statement;
  readonly #beginReads: Statement;
  readonly #commit: Statement;
  readonly #rollback: Statement;
  /** Reads the data version, which changes with every commit of another connection. */
  readonly #dataVersion: Statement<[], number>;
  #connection: DriverConnection | undefined;
  #lastDataVersion: number | undefined;
  #cacheEpoch = 0;
  #isWriting = false;
  /** The error after which SQLite rolled back the running transaction. */
  #rolledBackBy: { readonly caught: unknown } | undefined;

  constructor(options: DatabaseOptions) {
    this.name = options.name;
    this.#options = options;
    this.#connection = options.connect(true);
    this.#place = options.placeOf?.();
    this.#begin = this.prepare('BEGIN IMMEDIATE');
    this.#beginReads = this.prepare('BEGIN');
    this.#commit = this.prepare('COMMIT');
    this.#rollback = this.prepare('ROLLBACK');
    this.#dataVersion = this.prepare('PRAGMA data_version', 'value');
  }

  /**
   * The cache epoch as of the latest {@link refreshCacheEpoch}. It changes when another connection may have written, or
   * a write of this connection was rolled back.
   */
  get cacheEpoch(): number {
    return this.#cacheEpoch;
  }

  /** Asks SQLite whether another connection has written. Each transaction does it once, at its beginning. */
  refreshCacheEpoch(): number {
    const dataVersion = this.#dataVersion.get();
    if (dataVersion === this.#lastDataVersion) return this.#cacheEpoch;
    this.#place?.noteLog();
    this.#cacheEpoch++;
    this.#lastDataVersion = dataVersion;
    return this.#cacheEpoch;
  }

  /** The driver's connection, reopened if necessary. */
  connection(): DriverConnection {
    if (this.#connection !== undefined) return this.#connection;
    this.#place?.demand();
    this.#connection = this.#options.connect(false);
    return this.#connection;
  }

  /** @throws StoreUnavailable when the file was moved away. A read may notice that a moment late. */
  demandInPlace(): void {
    this.#place?.demandForRead();
  }

  prepare<Values extends SQLInputValue[] = SQLInputValue[], Row = unknown>(
    sql: string,
    shape: RowShape = 'record',
  ): Statement<Values, Row> {
    return new Statement(this, sql, shape);
  }

  exec(sql: string): void {
    this.connection().exec(sql);
  }

  /** The first column of a statement's first row. */
  value(sql: string): unknown {
    return this.prepare(sql, 'value').get();
  }

  /** Reads in one transaction, so that all reads see one snapshot. */
  snapshot<Result>(work: () => Result): Result {
    const connection = this.connection();
    this.#beginReads.run();
    try {
      this.refreshCacheEpoch();
      return work();
    } finally {
      if (connection.inTransaction) this.#endReads();
    }
  }

  #endReads(): void {
    try {
      this.#commit.run();
    } catch (caught) {
      // Otherwise it would stay open, and no other could begin.
      this.reopen();
      throw caught;
    }
  }

  /** Writes in one transaction. An error before the commit rolls it back. */
  write<Result>(work: () => Result): CommitResult<Result> {
    this.#begin.run();
    this.#isWriting = true;
    let result: Result;
    try {
      this.refreshCacheEpoch();
      result = work();
      this.throwIfRolledBack();
      this.#place?.demand();
    } catch (caught) {
      this.#isWriting = false;
      this.#lastDataVersion = undefined;
      this.#rollBack();
      throw caught;
    }
    this.#isWriting = false;
    try {
      this.#commit.run();
      return { result, isCommitted: true };
    } catch (cause) {
      // Otherwise the transaction could stay open, and no other could begin.
      this.reopen();
      return { result, isCommitted: false, cause };
    }
  }

  /** Runs work whose commits are not synced. Not within a transaction. */
  withoutSync<Result>(work: () => Result): Result {
    const synchronous = Number(this.value('PRAGMA synchronous'));
    this.exec('PRAGMA synchronous = NORMAL');
    try {
      return work();
    } finally {
      this.exec(`PRAGMA synchronous = ${synchronous}`);
    }
  }

  /** @throws the error after which SQLite has rolled back the running transaction. */
  throwIfRolledBack(): void {
    if (this.#rolledBackBy !== undefined) throw this.#rolledBackBy.caught;
  }

  /** Call it with each error of a statement, because SQLite rolls back the whole transaction after some of them. */
  noteError(caught: unknown): void {
    if (this.#isWriting && this.#connection?.inTransaction !== true) this.#rolledBackBy ??= { caught };
  }

  /** Closes the connection, because its state is unknown after an error; the next use opens another. */
  reopen(): void {
    if (this.#options.name === ':memory:') return this.#rollBack();
    const connection = this.#connection;
    this.#connection = undefined;
    this.#lastDataVersion = undefined;
    try {
      connection?.close();
    } catch {
      // The connection is not used again, so an error does not matter.
    }
    this.#place?.forgetLog();
  }

  close(): void {
    this.#connection?.close();
    this.#place?.forgetLog();
  }

  #rollBack(): void {
    this.#rolledBackBy = undefined;
    try {
      if (this.connection().inTransaction) this.#rollback.run();
    } catch {
      // Closing a connection also ends its transaction.
      this.reopen();
    }
  }
}
