import type { Pool, PoolClient } from 'pg';

const instances = new WeakMap<Pool, PoolErrors>();

/**
 * Handles the errors of a program's pool while stores are open on it: an idle connection that breaks emits an error,
 * which would otherwise end the process.
 */
export class PoolErrors {
  readonly #pool: Pool;
  #stores = 0;

  private constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** The instance shared by all stores of a pool. */
  static of(pool: Pool): PoolErrors {
    const instance = instances.get(pool) ?? new PoolErrors(pool);
    instances.set(pool, instance);
    return instance;
  }

  /** Registers a store. */
  register(): void {
    this.#stores += 1;
    if (this.#stores > 1) return;
    // The pool replaces an idle connection that breaks.
    this.#pool.on('error', ignore);
    this.#pool.on('connect', ignoreErrors);
  }

  /** Unregisters a store; the last one removes all listeners from the pool. */
  unregister(): void {
    this.#stores -= 1;
    if (this.#stores > 0) return;
    this.#pool.off('error', ignore);
    this.#pool.off('connect', ignoreErrors);
  }
}

/** For new connections: the pool removes its own listener before it hands one out, which may break in the same tick. */
function ignoreErrors(client: PoolClient): void {
  client.on('error', ignore);
}

function ignore(): void {}
