import type { SQLInputValue } from 'node:sqlite';
import type { Changes, DriverConnection, DriverStatement, RowShape } from './driver.js';

/** How a connection to a database is made, the first time and each time after. */
export interface DatabaseOptions {
  /** The file, for faults to say; `:memory:` for one that dies with its connection. */
  readonly name: string;
  readonly connect: (isFirst: boolean) => DriverConnection;
}

/** What a transaction came to. An error of its commit says nothing about what is in the file now. */
export type Transacted<Result> = { readonly result: Result } & (
  { readonly isCommitted: true } | { readonly isCommitted: false; readonly cause: unknown }
);

/**
 * The one connection of a store. It can be closed and opened anew underneath its statements, which are compiled again when
 * they are next used: after an error of some kinds only a new connection knows what is in the file.
 */
export class Database {
  readonly name: string;
  readonly #options: DatabaseOptions;
  // Compiled once: doing so anew is a good part of a small transaction.
  readonly #begin: Statement;
  readonly #beginReads: Statement;
  readonly #commit: Statement;
  readonly #rollback: Statement;
  /** Changes with every commit of another connection. */
  readonly #dataVersion: Statement<[], number>;
  readonly #changed: (() => void)[] = [];
  #connection: DriverConnection | undefined;
  #era = 0;
  #seen: number | undefined;
  #moment = 0;
  #isWriting = false;
  #lostBy: { readonly caught: unknown } | undefined;

  constructor(options: DatabaseOptions) {
    this.name = options.name;
    this.#options = options;
    this.#connection = options.connect(true);
    this.#begin = this.prepare('BEGIN IMMEDIATE');
    this.#beginReads = this.prepare('BEGIN');
    this.#commit = this.prepare('COMMIT');
    this.#rollback = this.prepare('ROLLBACK');
    this.#dataVersion = this.prepare<[], number>('PRAGMA data_version').pluck();
  }

  /** Changes whenever the connection is another one. */
  get era(): number {
    return this.#era;
  }

  /** Calls when somebody else may have written, or a write was taken back, at the next {@link moment}: before anything is read of it. */
  onForeignChange(changed: () => void): void {
    this.#changed.push(changed);
  }

  /** What {@link moment} was when somebody looked last: within a transaction, of that. */
  get token(): number {
    return this.#moment;
  }

  /** Changes whenever somebody else may have written, or a write of this connection was taken back. Within a transaction it is of that. */
  moment(): number {
    const seen = this.#dataVersion.get();
    if (seen === this.#seen) return this.#moment;
    this.#moment++;
    for (const changed of this.#changed) changed();
    this.#seen = seen;
    return this.#moment;
  }

  /** The driver's connection, opened anew if need be. */
  connection(): DriverConnection {
    this.#connection ??= this.#options.connect(false);
    return this.#connection;
  }

  prepare<Values extends SQLInputValue[] = SQLInputValue[], Row = unknown>(sql: string): Statement<Values, Row> {
    return new Statement(this, sql);
  }

  exec(sql: string): void {
    this.connection().exec(sql);
  }

  /** The first value that a statement answers. */
  value(sql: string): unknown {
    return this.prepare(sql).pluck().get();
  }

  /** Makes reads one: what another process commits between them is not seen. */
  transaction<Result>(work: () => Result): () => Result {
    return () => {
      const connection = this.connection();
      this.#beginReads.run();
      try {
        this.moment();
        return work();
      } finally {
        if (connection.inTransaction) this.#commit.run();
      }
    };
  }

  /** Writes in one transaction. What is thrown before its commit takes it back. */
  write<Result>(work: () => Result): Transacted<Result> {
    this.#begin.run();
    this.#isWriting = true;
    let result: Result;
    try {
      this.moment();
      result = work();
      this.refuseLost();
    } catch (caught) {
      this.#isWriting = false;
      this.#seen = undefined;
      this.#rollBack();
      throw caught;
    }
    this.#isWriting = false;
    try {
      this.#commit.run();
      return { result, isCommitted: true };
    } catch (cause) {
      this.#seen = undefined;
      return { result, isCommitted: false, cause };
    }
  }

  /** Does something while commits don't wait for the disk. Not within a transaction. */
  unsynced<Result>(work: () => Result): Result {
    const synchronous = Number(this.value('PRAGMA synchronous'));
    this.exec('PRAGMA synchronous = NORMAL');
    try {
      return work();
    } finally {
      this.exec(`PRAGMA synchronous = ${synchronous}`);
    }
  }

  /** Keeps what belongs to a transaction from being done without it. */
  refuseLost(): void {
    if (this.#lostBy !== undefined) throw this.#lostBy.caught;
  }

  /** To be called with each error of a statement: after some of them SQLite has rolled the whole transaction back by itself. */
  heard(caught: unknown): void {
    if (this.#isWriting && this.#connection?.inTransaction !== true) this.#lostBy ??= { caught };
  }

  /** Lets go of a connection that can't be trusted any more; the next use opens another. */
  reopen(): void {
    if (this.#options.name === ':memory:') return this.#rollBack();
    const connection = this.#connection;
    this.#connection = undefined;
    this.#era++;
    this.#seen = undefined;
    try {
      connection?.close();
    } catch {
      // It is not used again, whatever it says.
    }
  }

  close(): void {
    this.#connection?.close();
  }

  #rollBack(): void {
    this.#lostBy = undefined;
    try {
      if (this.connection().inTransaction) this.#rollback.run();
    } catch {
      // Closing a connection ends its transaction, too.
      this.reopen();
    }
  }
}

/** A statement of a database, compiled when it is first used and again after each reopening. */
export class Statement<Values extends SQLInputValue[] = SQLInputValue[], Row = unknown> {
  readonly #database: Database;
  readonly #sql: string;
  #shape: RowShape = 'record';
  #compiled: { readonly statement: DriverStatement; readonly era: number } | undefined;

  constructor(database: Database, sql: string) {
    this.#database = database;
    this.#sql = sql;
  }

  /** Rows are their first column. */
  pluck(): this {
    this.#shape = 'value';
    return this;
  }

  /** Rows are lists of their columns. */
  raw(): this {
    this.#shape = 'list';
    return this;
  }

  // Written out: called by their names, a read takes some 3 % longer.
  run(...values: Values): Changes {
    try {
      return this.#ready().run(...values);
    } catch (caught) {
      this.#database.heard(caught);
      throw caught;
    }
  }

  get(...values: Values): Row | undefined {
    try {
      return this.#ready().get(...values) as Row | undefined;
    } catch (caught) {
      this.#database.heard(caught);
      throw caught;
    }
  }

  all(...values: Values): Row[] {
    try {
      return this.#ready().all(...values) as Row[];
    } catch (caught) {
      this.#database.heard(caught);
      throw caught;
    }
  }

  #ready(): DriverStatement {
    this.#database.refuseLost();
    const { era } = this.#database;
    if (this.#compiled?.era === era) return this.#compiled.statement;
    const statement = this.#database.connection().prepare(this.#sql, this.#shape);
    this.#compiled = { statement, era };
    return statement;
  }
}
