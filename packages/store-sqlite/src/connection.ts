import { setTimeout as sleep } from 'node:timers/promises';
import { StoreClosed } from '@login-policy/event-sourcing';
import { ChangeWatcher } from './change-watcher.js';
import type { Database } from './database.js';
import { isBusy, toFault } from './faults.js';

/** How a connection behaves towards other processes. */
export interface ConnectionOptions {
  readonly busyTimeoutMs: number;
  readonly pollIntervalMs: number;
}

const LONGEST_PAUSE_MS = 20;

/** The one connection of a store: everything goes through it, and it knows whether it is closed. */
export class Connection {
  readonly database: Database;
  readonly name: string;
  readonly watcher: ChangeWatcher;
  readonly #options: ConnectionOptions;
  #isClosed = false;

  constructor(database: Database, options: ConnectionOptions) {
    this.database = database;
    this.name = database.name;
    this.#options = options;
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
    const written = await this.patiently(() => this.database.write(work));
    if (!written.isCommitted) throw toFault(written.cause, this.name);
    return written.result;
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
    this.database.close();
  }
}
