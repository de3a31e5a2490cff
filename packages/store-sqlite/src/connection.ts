import { setTimeout as sleep } from 'node:timers/promises';
import { StoreClosed } from '@login-policy/event-sourcing';
import type { Database, Statement } from 'better-sqlite3';
import { ChangeWatcher } from './change-watcher.js';
import { isBusy, toFault } from './faults.js';

/** How a connection behaves towards other processes. */
export interface ConnectionOptions {
  readonly name: string;
  readonly busyTimeoutMs: number;
  readonly pollIntervalMs: number;
  /** Whether closing the store closes the database: not when it was handed in open. */
  readonly ownsDatabase: boolean;
}

const LONGEST_PAUSE_MS = 20;

/** The one connection of a store: everything goes through it, and it knows whether it is closed. */
export class Connection {
  readonly database: Database;
  readonly name: string;
  readonly watcher: ChangeWatcher;
  readonly #options: ConnectionOptions;
  // Prepared once: compiling them anew is a good part of a small transaction.
  readonly #begin: Statement<[]>;
  readonly #commit: Statement<[]>;
  readonly #rollback: Statement<[]>;
  #isClosed = false;

  constructor(database: Database, options: ConnectionOptions) {
    this.database = database;
    this.name = options.name;
    this.#options = options;
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
    this.#rollback = database.prepare('ROLLBACK');
    this.watcher = new ChangeWatcher(database, options.pollIntervalMs);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Does something with the database at once. @throws StoreClosed, or the fault the driver's error stands for. */
  use<Result>(work: (database: Database) => Result): Result {
    if (this.#isClosed) throw new StoreClosed({ store: this.name });
    try {
      return work(this.database);
    } catch (caught) {
      throw toFault(caught, this.name);
    }
  }

  /**
   * Writes in one transaction. While another process holds the lock it waits without stopping the event loop.
   *
   * @throws StoreUnavailable when the lock could not be had within the busy time-out.
   */
  async write<Result>(work: () => Result): Promise<Result> {
    return this.patiently(() => {
      this.#begin.run();
      return this.#finish(work);
    });
  }

  /** Does something that another process's lock may keep it from: then again, until the busy time-out. */
  async patiently<Result>(work: (database: Database) => Result): Promise<Result> {
    const giveUpAt = performance.now() + this.#options.busyTimeoutMs;
    for (let attempt = 1; ; attempt++) {
      if (this.#isClosed) throw new StoreClosed({ store: this.name });
      try {
        return work(this.database);
      } catch (caught) {
        if (!isBusy(caught) || performance.now() >= giveUpAt) throw toFault(caught, this.name);
      }
      await sleep(Math.random() * Math.min(2 ** attempt, LONGEST_PAUSE_MS));
    }
  }

  /** Refuses every later use. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.watcher.close();
    if (this.#options.ownsDatabase) this.database.close();
  }

  #finish<Result>(work: () => Result): Result {
    try {
      const result = work();
      this.#commit.run();
      return result;
    } catch (caught) {
      if (this.database.inTransaction) this.#rollback.run();
      throw caught;
    }
  }
}
