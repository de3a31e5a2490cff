/** What a write did. */
export interface Changes {
  readonly changes: number | bigint;
  readonly lastInsertRowid: number | bigint;
}

/** In which form rows are answered: by the names of their columns, as lists, or the first column alone. */
export type RowShape = 'record' | 'list' | 'value';

/** A statement that a driver has compiled. */
export interface DriverStatement {
  run(...values: readonly unknown[]): Changes;
  get(...values: readonly unknown[]): unknown;
  all(...values: readonly unknown[]): unknown[];
}

/** One connection to one file. */
export interface DriverConnection {
  readonly inTransaction: boolean;
  prepare(sql: string, shape: RowShape): DriverStatement;
  exec(sql: string): void;
  /** Copies the database, as it was at one moment, to a file that is not there yet. */
  copyTo(path: string): Promise<void>;
  close(): void;
}

/** How a file is opened. */
export interface ConnectOptions {
  /** How long the driver itself waits for a lock. */
  readonly waitMs: number;
  /** Nothing is written. The file must exist. */
  readonly isReadOnly?: boolean;
  /** Whether a file that is not there is an error instead of being made. */
  readonly mustExist?: boolean;
}

/** What a store asks of a driver of SQLite. */
export interface Driver {
  connect(path: string, options: ConnectOptions): DriverConnection;
}
