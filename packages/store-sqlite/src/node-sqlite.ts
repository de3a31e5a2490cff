import { existsSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { resolve } from 'node:path';
import type * as sqlite from 'node:sqlite';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { Fault } from '@login-policy/event-sourcing/store';
import {
  PAGES_AT_A_TIME,
  type Changes,
  type Driver,
  type DriverConnection,
  type DriverStatement,
  type Progress,
  type RowShape,
} from './driver.js';

/** The parts of Node's SQLite in use. The optional ones came after Node 22.13. */
type NodeSqlite = Pick<typeof sqlite, 'DatabaseSync'> & Partial<Pick<typeof sqlite, 'backup'>>;
type MaybeInTransaction = Partial<Pick<DatabaseSync, 'isTransaction'>>;
type MaybeLists = Partial<Pick<StatementSync, 'setReturnArrays'>>;

/**
 * Loads Node's own SQLite.
 *
 * @throws DriverUnusable when this Node has none.
 */
export async function loadDriver(): Promise<Driver> {
  if (isBuiltin('node:sqlite')) return nodeSqlite(await import('node:sqlite'));
  const problem = `Node ${process.versions.node} has no SQLite`;
  throw new Fault('driver-unusable', { driver: 'node:sqlite', problem, remedy: 'use Node 22.13 or newer' });
}

function nodeSqlite(module: NodeSqlite): Driver {
  const { DatabaseSync: Native } = module;
  return {
    connect(path, { waitMs, isReadOnly = false }) {
      const isFile = path !== ':memory:';
      if (isFile && !existsSync(path)) throw new Error('the file does not exist and can not be created');
      // An absolute path, so that it is not parsed as a URL.
      const native = new Native(isFile ? resolve(path) : path, { readOnly: isReadOnly });
      native.exec(`PRAGMA busy_timeout = ${waitMs}`);
      return new NodeConnection(native, module);
    },
  };
}

class NodeConnection implements DriverConnection {
  readonly #native: DatabaseSync;
  readonly #module: NodeSqlite;

  constructor(native: DatabaseSync, module: NodeSqlite) {
    this.#native = native;
    this.#module = module;
  }

  get inTransaction(): boolean {
    const { isTransaction }: MaybeInTransaction = this.#native;
    return isTransaction ?? this.#refusesToBegin();
  }

  prepare(sql: string, shape: RowShape): DriverStatement {
    const statement = this.#native.prepare(sql);
    if (shape === 'record') return statement;
    return new ListStatement(statement, shape);
  }

  exec(sql: string): void {
    this.#native.exec(sql);
  }

  async copyTo(path: string, progress: Progress): Promise<void> {
    const { backup: copy } = this.#module;
    if (copy === undefined) return this.#vacuumInto(path, progress);
    const pages = await copy(this.#native, path, {
      rate: PAGES_AT_A_TIME,
      progress: ({ totalPages, remainingPages }) => progress(totalPages - remainingPages, totalPages),
    });
    // Node does not report the last pages.
    progress(pages, pages);
  }

  close(): void {
    this.#native.close();
  }

  /** For a Node without `backup`: copies in one go and blocks the event loop. No transaction may be open. */
  #vacuumInto(path: string, progress: Progress): void {
    if (this.inTransaction) this.#native.exec('ROLLBACK');
    this.#native.prepare('VACUUM INTO ?').run(path);
    const pages = Number(Object.values(this.#native.prepare('PRAGMA page_count').get() ?? {})[0]);
    progress(pages, pages);
  }

  /** For a Node without `isTransaction`: a transaction can't begin inside another. */
  #refusesToBegin(): boolean {
    try {
      this.#native.exec('BEGIN');
    } catch {
      return true;
    }
    this.#native.exec('ROLLBACK');
    return false;
  }
}

/** Returns rows as lists, or their first columns. */
class ListStatement implements DriverStatement {
  readonly #statement: StatementSync;
  readonly #shape: 'list' | 'value';

  constructor(statement: StatementSync, shape: 'list' | 'value') {
    this.#statement = statement;
    const newer: MaybeLists = statement;
    newer.setReturnArrays?.(true);
    this.#shape = shape;
  }

  run(...values: readonly SQLInputValue[]): Changes {
    return this.#statement.run(...values);
  }

  get(...values: readonly SQLInputValue[]): unknown {
    const row = this.#statement.get(...values);
    return row === undefined ? undefined : this.#shaped(row);
  }

  all(...values: readonly SQLInputValue[]): unknown[] {
    return this.#statement.all(...values).map((row) => this.#shaped(row));
  }

  /** A record's values are in column order, so they equal the list a newer Node returns. */
  #shaped(row: object): unknown {
    const list: readonly unknown[] = Array.isArray(row) ? row : Object.values(row);
    return this.#shape === 'list' ? list : list[0];
  }
}
