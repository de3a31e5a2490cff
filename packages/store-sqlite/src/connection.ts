import {
  Deadline,
  pause,
  StoreClosed,
  Watch,
  StoreForeign,
  type WaitOptions,
} from '@login-policy/event-sourcing/store';
import type { Database, Transacted } from './database.js';
import { isBusy, toFault } from './faults.js';
import { settle } from './settle.js';

/** How a connection behaves towards other processes. */
export interface ConnectionOptions {
  /** Whatever would write is refused. */
  readonly isReadOnly: boolean;
  readonly busyTimeoutMs: number;
  readonly pollIntervalMs: number;
}

const LONGEST_PAUSE_MS = 20;

/** The one connection of a store: everything goes through it, and it knows whether it is closed. */
export class Connection {
  readonly database: Database;
  readonly name: string;
  readonly watch: Watch;
  readonly #options: ConnectionOptions;
  #isClosed = false;

  constructor(database: Database, options: ConnectionOptions) {
    this.database = database;
    this.name = database.name;
    this.#options = options;
    const version = database.prepare('PRAGMA data_version').pluck();
    // It changes with every commit of another connection.
    this.watch = new Watch({ look: () => version.get(), intervalMs: () => options.pollIntervalMs });
  }

  get isReadOnly(): boolean {
    return this.#options.isReadOnly;
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
   * @throws DeadlineExceeded when the signal fired before that: nothing was written.
   */
  write<Result>(work: () => Result, wait?: WaitOptions): Promise<Result> {
    return this.#committed(() => this.database.write(work), wait);
  }

  /**
   * Writes what can be computed again, as {@link write} does, without waiting for the disk: a power loss may take it, whole. Any write
   * that waits for the disk after it has it there, too.
   */
  writeDerived<Result>(work: () => Result, wait?: WaitOptions): Promise<Result> {
    return this.#committed(() => this.database.unsynced(() => this.database.write(work)), wait);
  }

  /** @throws StoreForeign when the file was opened to be read only. */
  demandWritable(): void {
    if (this.isReadOnly) throw new StoreForeign({ store: this.name, problem: 'it was opened to be read only' });
  }

  /** After a commit that failed: what is in the file now is read over a new connection, and can no longer change. */
  async settle(): Promise<void> {
    this.database.reopen();
    await this.patiently(() => settle(this.database));
  }

  async #committed<Result>(write: () => Transacted<Result>, wait?: WaitOptions): Promise<Result> {
    this.demandWritable();
    const transacted = await this.patiently(write, wait);
    if (transacted.isCommitted) return transacted.result;
    await this.settle();
    throw toFault(transacted.cause, this.name);
  }

  /** Does something that another process's lock may keep it from: then again, until the busy time-out. */
  async patiently<Result>(work: (database: Database) => Result, wait?: WaitOptions): Promise<Result> {
    const deadline = new Deadline(`waiting for ${this.name}`, wait);
    const giveUpAt = performance.now() + this.#options.busyTimeoutMs;
    for (let attempt = 1; ; attempt++) {
      if (this.#isClosed) throw new StoreClosed({ store: this.name });
      deadline.refuse();
      try {
        return work(this.database);
      } catch (caught) {
        if (!isBusy(caught) || performance.now() >= giveUpAt) throw toFault(caught, this.name);
      }
      await pause(attempt, { longestMs: LONGEST_PAUSE_MS, signal: deadline.signal });
    }
  }

  /** Refuses every later use. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.watch.close();
    this.database.close();
  }
}
