import type { ClientBase, Pool } from 'pg';
import { Fault, TIME_UP, within } from '@login-policy/event-sourcing/store';
import { connectingFault } from './faults.js';
import { isAnswering } from './own-client.js';

/** A connection that is borrowed for one piece of work. */
export interface BorrowedConnection {
  readonly client: ClientBase;
  /** Call it once when the work is done. After a failure the connection may be in any state. */
  readonly release: (failure: Error | undefined) => void;
}

/** Where connections come from: a pool, or a caller who has one. */
export interface ConnectionSource {
  /** @throws StoreUnavailable and others when no connection is available in time, or one of the signals fires. */
  borrow(cut: AbortSignal, given?: AbortSignal): Promise<BorrowedConnection>;
  /** Whether the server answers within a number of milliseconds. */
  isAnswering(ms: number): Promise<boolean>;
  /** The number of idle connections. */
  readonly idleCount: number;
}

/** Borrows connections from the program's own pool. A connection with a failure does not return to it. */
export class PoolSource implements ConnectionSource {
  readonly #pool: Pool;
  readonly #store: string;
  readonly #timeoutMs: number;

  constructor(pool: Pool, store: string, timeoutMs: number) {
    this.#pool = pool;
    this.#store = store;
    this.#timeoutMs = timeoutMs;
  }

  async borrow(cut: AbortSignal, given?: AbortSignal): Promise<BorrowedConnection> {
    const isIdle = this.#pool.idleCount > this.#pool.waitingCount;
    const connecting = this.#pool.connect();
    try {
      // An idle connection is available at once.
      const client = isIdle ? await connecting : await within(connecting, this.#timeoutMs, cut, given);
      if (client !== TIME_UP) return { client, release: (failure) => client.release(failure) };
    } catch (caught) {
      throw connectingFault(this.#store, caught);
    }
    // A connection that comes too late goes back to the pool.
    connecting.then(
      (late) => late.release(),
      () => undefined,
    );
    throw new Fault('store-unavailable', { store: this.#store, problem: 'no connection was free in time' });
  }

  get idleCount(): number {
    return this.#pool.idleCount;
  }

  isAnswering(ms: number): Promise<boolean> {
    return isAnswering(this.#pool.options, ms);
  }
}
