import { Deadline, Fault } from '@login-policy/event-sourcing';
import { ChangeNotifier, pause, type WaitOptions } from '@login-policy/event-sourcing/store';
import type { Database, CommitResult } from './database.js';
import { isBusy, toFault } from './faults.js';

/** How a connection deals with other processes. */
export interface ConnectionOptions {
  /** Refuses all writes. */
  readonly isReadOnly: boolean;
  readonly busyTimeoutMs: number;
  readonly pollIntervalMs: number;
}

const LONGEST_PAUSE_MS = 20;

/** The single connection of a store, which all calls go through. It knows whether it is closed. */
export class Connection {
  readonly database: Database;
  readonly name: string;
  readonly changes: ChangeNotifier;
  readonly isReadOnly: boolean;
  readonly #options: ConnectionOptions;
  #isClosed = false;

  constructor(database: Database, options: ConnectionOptions) {
    this.database = database;
    this.name = database.name;
    this.#options = options;
    this.isReadOnly = options.isReadOnly;
    const version = database.prepare('PRAGMA data_version', 'value');
    // The data version changes with every commit of another connection.
    this.changes = new ChangeNotifier({ readVersion: () => version.get(), intervalMs: () => options.pollIntervalMs });
  }

  /** Uses the database synchronously. @throws StoreClosed, or the fault of the driver's error */
  use<Result>(work: (database: Database) => Result): Result {
    if (this.#isClosed) throw new Fault('store-closed', { store: this.name });
    try {
      this.database.demandInPlace();
      return work(this.database);
    } catch (caught) {
      throw toFault(caught, this.name);
    }
  }

  /**
   * Writes in one transaction. While another process holds the lock, it waits without blocking the event loop.
   *
   * @throws StoreUnavailable when the lock was not free within the busy time-out.
   * @throws DeadlineExceeded when the signal fired before that; nothing was written.
   */
  write<Result>(work: () => Result, wait?: WaitOptions): Promise<Result> {
    return this.#committed(() => this.database.write(work), wait);
  }

  /**
   * Writes derived data as {@link write} does, but without a sync: a power loss may undo the whole write. A later
   * synced write also makes it durable.
   */
  writeDerived<Result>(work: () => Result, wait?: WaitOptions): Promise<Result> {
    return this.#committed(() => this.database.withoutSync(() => this.database.write(work)), wait);
  }

  /** @throws StoreForeign when the file was opened read-only. */
  requireWritable(): void {
    if (this.isReadOnly) throw new Fault('store-foreign', { store: this.name, problem: 'it was opened read-only' });
  }

  /** Call it after a failed commit: reopens the file over a new connection, and makes its content final. */
  async settle(): Promise<void> {
    this.database.reopen();
    await this.retryWhileBusy(() => settle(this.database));
  }

  async #committed<Result>(write: () => CommitResult<Result>, wait?: WaitOptions): Promise<Result> {
    this.requireWritable();
    const transacted = await this.retryWhileBusy(write, wait);
    if (transacted.isCommitted) return transacted.result;
    await this.settle();
    throw toFault(transacted.cause, this.name);
  }

  /** Retries work while another process holds the lock, until the busy time-out. */
  async retryWhileBusy<Result>(work: (database: Database) => Result, wait?: WaitOptions): Promise<Result> {
    let giveUpAt: number | undefined;
    for (let attempt = 1; ; attempt++) {
      if (this.#isClosed) throw new Fault('store-closed', { store: this.name });
      Deadline.throwIfExpired(`waiting for ${this.name}`, wait);
      try {
        return work(this.database);
      } catch (caught) {
        giveUpAt ??= performance.now() + this.#options.busyTimeoutMs;
        if (!isBusy(caught) || performance.now() >= giveUpAt) throw toFault(caught, this.name);
      }
      await pause(attempt, { longestMs: LONGEST_PAUSE_MS, signal: wait?.signal });
    }
  }

  /** Refuses all later calls. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.changes.close();
    this.database.close();
  }
}

/**
 * Makes the outcome of a failed commit final. The commit may have left content after the valid end of the log, which
 * the recovery after a crash would take for committed.
 *
 * Emptying the log removes that content and needs no space; the valid content is copied to the file and synced again.
 * While another process reads the log, it can't be emptied: a commit of our own then overwrites that content.
 */
function settle(database: Database): void {
  if (emptyLog(database)) return;
  const written = database.write(() => {
    const version = Number(database.value('PRAGMA user_version'));
    database.exec(`PRAGMA user_version = ${version}`);
  });
  if (!written.isCommitted) throw written.cause;
  emptyLog(database);
}

/** Whether the log was emptied. */
function emptyLog(database: Database): boolean {
  return Number(database.value('PRAGMA wal_checkpoint(TRUNCATE)')) === 0;
}
