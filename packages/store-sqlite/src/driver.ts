import { existsSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { resolve } from 'node:path';
import type * as sqlite from 'node:sqlite';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Fault } from '@login-policy/event-sourcing';

/** The parts of Node's SQLite in use. */
type NodeSqlite = Pick<typeof sqlite, 'backup' | 'DatabaseSync'>;

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
 * @throws DriverUnusable when this Node has none, or one that cuts text at NUL, as before Node 24.16.
 */
export async function loadDriver(): Promise<Driver> {
  const module = isBuiltin('node:sqlite') ? await import('node:sqlite') : undefined;
  if (module !== undefined && readsWholeText(module)) return nodeSqlite(module);
  const problem = `Node ${process.versions.node} ${module ? 'cuts text at NUL' : 'has no SQLite'}`;
  throw new Fault('driver-unusable', { driver: 'node:sqlite', problem, remedy: 'use Node 24.16 or newer' });
}

function readsWholeText({ DatabaseSync: Native }: NodeSqlite): boolean {
  const native = new Native(':memory:');
  const text = Object.values(native.prepare("SELECT 'a' || char(0) || 'b'").get() ?? {})[0];
  native.close();
  return text === 'a\0b';
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
    return this.#native.isTransaction;
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
    const pages = await this.#module.backup(this.#native, path, {
      rate: PAGES_AT_A_TIME,
      progress: ({ totalPages, remainingPages }) => progress(totalPages - remainingPages, totalPages),
    });
    // Node does not report the last pages.
    progress(pages, pages);
  }

  close(): void {
    this.#native.close();
  }
}
