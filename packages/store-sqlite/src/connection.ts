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

/** How a transaction ended. Where it could not be found out, `fault` says what stood in the way. */
export type Ending<Result> =
  | { readonly outcome: 'written'; readonly result: Result }
  | { readonly outcome: 'in-doubt'; readonly result: Result; readonly fault: unknown };

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
  async write<Result>(work: () => Result, wait?: WaitOptions): Promise<Result> {
    return resultOf(
      await this.#transact(
        () => this.database.write(work),
        () => false,
        wait,
      ),
    );
  }

  /**
   * Writes what can be computed again, as {@link write} does, without waiting for the disk: a power loss may take it, whole. Any write
   * that waits for the disk after it has it there, too.
   */
  async writeDerived<Result>(work: () => Result, wait?: WaitOptions): Promise<Result> {
    const write = (): Transacted<Result> => this.database.unsynced(() => this.database.write(work));
    return resultOf(await this.#transact(write, () => false, wait));
  }

  /**
   * Writes in one transaction, as {@link write} does, and finds out what a commit that failed has come to: by looking,
   * with `isThere`, over a connection that was opened anew.
   *
   * @throws StoreUnavailable and others, for which nothing was written.
   */
  transact<Result>(work: () => Result, isThere: (result: Result) => boolean): Promise<Ending<Result>> {
    return this.#transact(() => this.database.write(work), isThere);
  }

  async #transact<Result>(
    write: () => Transacted<Result>,
    isThere: (result: Result) => boolean,
    wait?: WaitOptions,
  ): Promise<Ending<Result>> {
    if (this.isReadOnly) throw new StoreForeign({ store: this.name, problem: 'it was opened to be read only' });
    const transacted = await this.patiently(write, wait);
    const { result } = transacted;
    if (transacted.isCommitted) return { outcome: 'written', result };
    try {
      this.database.reopen();
      await this.patiently(() => settle(this.database));
      if (this.use(() => isThere(result))) return { outcome: 'written', result };
    } catch (fault) {
      return { outcome: 'in-doubt', result, fault };
    }
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

function resultOf<Result>(ending: Ending<Result>): Result {
  if (ending.outcome === 'in-doubt') throw ending.fault;
  return ending.result;
}
