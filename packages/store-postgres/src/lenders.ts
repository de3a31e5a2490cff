import type { ClientBase, Pool } from 'pg';
import { StoreUnavailable, TIME_UP, within } from '@login-policy/event-sourcing/store';
import { connectingFault } from './faults.js';
import { isAnswering } from './own-client.js';

/** A connection for one piece of work. */
export interface Lent {
  readonly client: ClientBase;
  /** Called once, when the work is done; what failed may have left the connection in any state. */
  readonly giveBack: (failure: Error | undefined) => void;
}

/** Where connections come from. */
export interface Lender {
  /** @throws StoreUnavailable and others when there is none, none is free in time, or one of the signals fires. */
  lend(cut: AbortSignal, given?: AbortSignal): Promise<Lent>;
  /** Whether the server says anything within so many milliseconds. */
  isAnswering(ms: number): Promise<boolean>;
  /** How many connections are ready to be lent. */
  readonly idleCount: number;
}

/** Lends out of a pool of the program's own. What failed does not go back into it. */
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
      // One that is idle comes at once.
      const client = isIdle ? await connecting : await within(connecting, this.#patienceMs, cut, given);
      if (client !== TIME_UP) return { client, giveBack: (failure) => client.release(failure) };
    } catch (caught) {
      throw connectingFault(this.#store, caught);
    }
    // One that comes too late is given back.
    connecting.then(
      (late) => late.release(),
      () => undefined,
    );
    throw new StoreUnavailable({ store: this.#store, problem: 'no connection was free in time' });
  }

  get idleCount(): number {
    return this.#pool.idleCount;
  }

  isAnswering(ms: number): Promise<boolean> {
    return isAnswering(this.#pool.options, ms);
  }
}
