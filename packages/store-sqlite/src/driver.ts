import type { SQLInputValue } from 'node:sqlite';

/** What a write did. */
export interface Changes {
  readonly changes: number | bigint;
  readonly lastInsertRowid: number | bigint;
}

/** In which form rows are answered: by the names of their columns, as lists, or the first column alone. No two columns have one name. */
export type RowShape = 'record' | 'list' | 'value';

/** A statement that a driver has compiled. */
export interface DriverStatement {
  run(...values: readonly SQLInputValue[]): Changes;
  get(...values: readonly SQLInputValue[]): unknown;
  all(...values: readonly SQLInputValue[]): unknown[];
}

/** How many pages are copied, and of how many. */
export type Progress = (copied: number, total: number) => void;

/** One connection to one file. */
export interface DriverConnection {
  readonly inTransaction: boolean;
  prepare(sql: string, shape: RowShape): DriverStatement;
  exec(sql: string): void;
  /**
   * Copies the database to a file that is not there yet, some pages at a time. What `progress` throws ends it. As it was at
   * one moment, and without beginning anew, only where a read is open.
   */
  copyTo(path: string, progress: Progress): Promise<void>;
  close(): void;
}

/** How a file is opened. */
export interface ConnectOptions {
  /** How long the driver itself waits for a lock. */
  readonly waitMs: number;
  /** Nothing is written. */
  readonly isReadOnly?: boolean;
}

/** So many pages are copied before anybody else has a turn: 4 MiB. */
export const PAGES_AT_A_TIME = 1024;

/** What a store asks of a driver of SQLite. */
export interface Driver {
  /** A file that is not there is an error, and is not made; `:memory:` is a database that dies with its connection. */
  connect(path: string, options: ConnectOptions): DriverConnection;
}
