import type { SQLInputValue } from 'node:sqlite';

/** The result of a write. */
export interface Changes {
  readonly changes: number | bigint;
  readonly lastInsertRowid: number | bigint;
}

/** The form of rows: objects by column name, lists, or the first column only. Column names are unique. */
export type RowShape = 'record' | 'list' | 'value';

/** A statement compiled by a driver. */
export interface DriverStatement {
  run(...values: readonly SQLInputValue[]): Changes;
  get(...values: readonly SQLInputValue[]): unknown;
  all(...values: readonly SQLInputValue[]): unknown[];
}

/** The pages copied so far, and their total. */
export type Progress = (copied: number, total: number) => void;

/** One connection to one file. */
export interface DriverConnection {
  readonly inTransaction: boolean;
  prepare(sql: string, shape: RowShape): DriverStatement;
  exec(sql: string): void;
  /**
   * Copies the database to a new file, some pages at a time; an error thrown by `progress` ends it. The copy is one
   * snapshot, made without a restart, only while a read is open on this connection.
   */
  copyTo(path: string, progress: Progress): Promise<void>;
  close(): void;
}

/** The options of opening a file. */
export interface ConnectOptions {
  /** How long the driver itself waits for a lock. */
  readonly waitMs: number;
  /** Refuses all writes. */
  readonly isReadOnly?: boolean;
}

/** The pages copied before yielding to the event loop: 4 MiB. */
export const PAGES_AT_A_TIME = 1024;

/** The interface to a driver of SQLite. */
export interface Driver {
  /** Opens an existing file, and never creates one; `:memory:` is a database that ends with its connection. */
  connect(path: string, options: ConnectOptions): DriverConnection;
}
