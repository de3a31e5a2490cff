import type Native from 'better-sqlite3';
import {
  PAGES_AT_A_TIME,
  type Driver,
  type DriverConnection,
  type DriverStatement,
  type Progress,
  type RowShape,
} from './driver.js';

/** better-sqlite3 as the driver. */
export function betterSqlite(constructor: typeof Native): Driver {
  return {
    connect: (path, { waitMs, isReadOnly = false }) =>
      new BetterConnection(new constructor(path, { timeout: waitMs, readonly: isReadOnly, fileMustExist: true })),
  };
}

class BetterConnection implements DriverConnection {
  readonly #native: Native.Database;

  constructor(native: Native.Database) {
    this.#native = native;
  }

  get inTransaction(): boolean {
    return this.#native.inTransaction;
  }

  prepare(sql: string, shape: RowShape): DriverStatement {
    const statement = this.#native.prepare(sql);
    switch (shape) {
      case 'record':
        return statement;
      case 'list':
        return statement.raw();
      case 'value':
        return statement.pluck();
    }
  }

  exec(sql: string): void {
    this.#native.exec(sql);
  }

  async copyTo(path: string, progress: Progress): Promise<void> {
    await this.#native.backup(path, {
      progress({ totalPages, remainingPages }) {
        progress(totalPages - remainingPages, totalPages);
        return PAGES_AT_A_TIME;
      },
    });
  }

  close(): void {
    this.#native.close();
  }
}
