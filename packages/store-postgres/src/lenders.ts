import type { ClientBase, Pool } from 'pg';
import { Fault, TIME_UP, within } from '@login-policy/event-sourcing/store';
import { connectingFault } from './faults.js';
import { isAnswering } from './own-client.js';

/** A connection lent for one piece of work. */
export interface Lent {
  readonly client: ClientBase;
  /** Call it once when the work is done. After a failure the connection may be in any state. */
  readonly giveBack: (failure: Error | undefined) => void;
}

/** A connection pool. */
export interface Lender {
  /** @throws StoreUnavailable and others when no connection is available in time, or one of the signals fires. */
  lend(cut: AbortSignal, given?: AbortSignal): Promise<Lent>;
  /** Whether the server answers within a number of milliseconds. */
  isAnswering(ms: number): Promise<boolean>;
  /** The number of idle connections. */
  readonly idleCount: number;
}

/** Lends connections of the program's own pool. A connection with a failure does not return to it. */
export class PoolLender implements Lender {
  readonly #pool: Pool;
  readonly #store: string;
  readonly #patienceMs: number;

  constructor(pool: Pool, store: string, patienceMs: number) {
    this.#pool = pool;
    this.#store = store;
    this.#patienceMs = patienceMs;
  }

  async lend(cut: AbortSignal, given?: AbortSignal): Promise<Lent> {
    const isIdle = this.#pool.idleCount > this.#pool.waitingCount;
    const connecting = this.#pool.connect();
    try {
      // An idle connection is available at once.
      const client = isIdle ? await connecting : await within(connecting, this.#patienceMs, cut, given);
      if (client !== TIME_UP) return { client, giveBack: (failure) => client.release(failure) };
    } catch (caught) {
      throw connectingFault(this.#store, caught);
    }
    // A connection that comes too late is returned.
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
