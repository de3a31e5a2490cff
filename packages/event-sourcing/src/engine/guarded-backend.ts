import { Deadline, type WaitOptions } from '../values/deadline.js';
import { Fault } from '../values/fault.js';
import type { LogBackend } from './log-backend.js';

/**
 * Wraps the backend of a store. After the store is closed, calls reject with `StoreClosed` and all waits for a change
 * end. A call whose deadline has already passed rejects with `DeadlineExceeded`.
 */
export class GuardedBackend<Wrapped extends LogBackend = LogBackend> {
  /** The wrapped backend itself: for its name and options, and for calls that must still work after the close. */
  readonly backend: Wrapped;
  #isClosed = false;

  constructor(backend: Wrapped) {
    this.backend = backend;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Calls the backend, unless the store is closed or the deadline has passed. This method is not `async`, because one
   * more promise noticeably slows each command on the memory backend.
   */
  call<Result>(wait: WaitOptions | undefined, work: (backend: Wrapped) => Promise<Result>): Promise<Result> {
    try {
      this.#throwIfClosed();
      Deadline.throwIfExpired(`a call of ${this.backend.name}`, wait);
    } catch (refused) {
      return Promise.reject(refused instanceof Error ? refused : new Error(String(refused)));
    }
    return work(this.backend);
  }

  /** Passes on the pages of a read. Rejects if the store is closed; when the signal fires, it ends without an error. */
  async *pages<Page>(
    signal: AbortSignal | undefined,
    read: () => AsyncIterable<Page>,
  ): AsyncGenerator<Page, void, undefined> {
    this.#throwIfClosed();
    for await (const page of read()) {
      this.#throwIfClosed();
      if (signal?.aborted === true) return;
      yield page;
    }
  }

  /** Waits for a change: see `LogBackend.changed`. Resolves at once if the store is closed. */
  changed(signal: AbortSignal, withinMs?: number): Promise<void> {
    return this.#isClosed ? Promise.resolve() : this.backend.changed(signal, withinMs);
  }

  /** Refuses all further calls and closes the backend, which may first wait for the running appends. */
  async close(runningAppends?: Promise<void>): Promise<void> {
    this.#isClosed = true;
    await this.backend.close(runningAppends);
  }

  #throwIfClosed(): void {
    if (this.#isClosed) throw new Fault('store-closed', { store: this.backend.name });
  }
}
