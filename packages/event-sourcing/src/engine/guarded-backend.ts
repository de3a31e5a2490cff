import { throwIfExpired, type WaitOptions } from '../deadline.js';
import { Fault } from '../fault.js';
import type { LogBackend } from './log-backend.js';

/**
 * Wraps a backend. Its calls reject with `StoreClosed` after the close, and with `DeadlineExceeded` if their deadline has
 * passed. The close ends all waits for a change.
 */
export class GuardedBackend<Guarded extends LogBackend = LogBackend> {
  /** The wrapped backend, for members that need no guard. */
  readonly backend: Guarded;
  #isClosed = false;

  constructor(backend: Guarded) {
    this.backend = backend;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Calls the backend, unless it is closed or the deadline has passed. The function is not `async`, because one
   * more promise noticeably slows each command on the memory backend.
   */
  call<Result>(wait: WaitOptions | undefined, work: (backend: Guarded) => Promise<Result>): Promise<Result> {
    try {
      this.#throwIfClosed();
      throwIfExpired(`a call of ${this.backend.name}`, wait);
    } catch (refused) {
      return Promise.reject(refused instanceof Error ? refused : new Error(String(refused)));
    }
    return work(this.backend);
  }

  /** Reads pages. Rejects after the close; the signal ends the read without an error. */
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

  changed(signal: AbortSignal, withinMs?: number): Promise<void> {
    return this.#isClosed ? Promise.resolve() : this.backend.changed(signal, withinMs);
  }

  async close(writing?: Promise<void>): Promise<void> {
    this.#isClosed = true;
    await this.backend.close(writing);
  }

  #throwIfClosed(): void {
    if (this.#isClosed) throw new Fault('store-closed', { store: this.backend.name });
  }
}
