import type { Pool, PoolClient } from 'pg';
import { Listener } from './listener.js';

const cares = new WeakMap<Pool, PoolCare>();

/**
 * Looks after a program's pool for as long as any store is open on it: a connection that breaks while nobody asks it anything
 * says so by an event, which would end the process if nobody heard it.
 */
export class PoolCare {
  /** Listens for all of them. */
  readonly listener: Listener;
  readonly #pool: Pool;
  #stores = 0;

  private constructor(pool: Pool) {
    this.#pool = pool;
    this.listener = new Listener(pool.options);
  }

  /** What all stores of a pool share. */
  static of(pool: Pool): PoolCare {
    const care = cares.get(pool) ?? new PoolCare(pool);
    cares.set(pool, care);
    return care;
  }

  /** One store more. */
  begin(): void {
    this.#stores += 1;
    if (this.#stores > 1) return;
    // An idle one is replaced by the pool.
    this.#pool.on('error', ignore);
    this.#pool.on('connect', hearErrors);
  }

  /** One store less: after the last one nothing is left on the pool. */
  end(): void {
    this.#stores -= 1;
    if (this.#stores > 0) return;
    this.#pool.off('error', ignore);
    this.#pool.off('connect', hearErrors);
  }
}

/** The pool stops listening before it hands a new connection out, and its end can come in the same tick as its beginning. */
function hearErrors(client: PoolClient): void {
  client.on('error', ignore);
}

function ignore(): void {}
