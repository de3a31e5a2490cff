import { existsSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { resolve } from 'node:path';
import type * as sqlite from 'node:sqlite';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Fault } from '@login-policy/event-sourcing/values';

/** The parts of Node's SQLite in use. The optional ones came after Node 22.13. */
type NodeSqlite = Pick<typeof sqlite, 'DatabaseSync'> & Partial<Pick<typeof sqlite, 'backup'>>;
type MaybeInTransaction = Partial<Pick<DatabaseSync, 'isTransaction'>>;

/** The pages copied so far, and their total. */
export type Progress = (copied: number, total: number) => void;

/** The options of opening a file. */
export interface ConnectOptions {
  /** How long the driver itself waits for a lock. */
  readonly waitMs: number;
  /** Refuses all writes. */
  readonly isReadOnly?: boolean;
}

/** Node's SQLite. */
export interface Driver {
  /** Opens an existing file, and never creates one; `:memory:` is a database that ends with its connection. */
  connect(path: string, options: ConnectOptions): DriverConnection;
}

/** The pages copied before yielding to the event loop: 4 MiB. */
const PAGES_AT_A_TIME = 1024;

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
      return new DriverConnection(native, module);
    },
  };
}

/** One connection to one file. */
export class DriverConnection {
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

  prepare(sql: string): StatementSync {
    return this.#native.prepare(sql);
  }

  /** The first column of the first row. */
  value(sql: string): unknown {
    return Object.values(this.prepare(sql).get() ?? {})[0];
  }

  exec(sql: string): void {
    this.#native.exec(sql);
  }

  /**
   * Copies the database to a new file, some pages at a time; an error thrown by `progress` ends it. The copy is one
   * snapshot, made without a restart, only while a read is open on this connection.
   */
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
    if (this.inTransaction) this.exec('ROLLBACK');
    this.prepare('VACUUM INTO ?').run(path);
    const pages = Number(this.value('PRAGMA page_count'));
    progress(pages, pages);
  }

  /** For a Node without `isTransaction`: a transaction can't begin inside another. */
  #refusesToBegin(): boolean {
    try {
      this.exec('BEGIN');
    } catch {
      return true;
    }
    this.exec('ROLLBACK');
    return false;
  }
}
