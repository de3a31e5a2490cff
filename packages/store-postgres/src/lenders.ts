import type { ClientBase, Pool } from 'pg';
import { StoreUnavailable } from '@login-policy/event-sourcing';

/** A connection for one piece of work. */
export interface Lent {
  readonly client: ClientBase;
  /** Called once, when the work is done; what failed may have left the connection in any state. */
  readonly giveBack: (failure: Error | undefined) => void;
}

/** Where connections come from. */
export interface Lender {
  /** @throws what the driver does, or StoreUnavailable. */
  lend(): Promise<Lent>;
  /** Has a process of the server give up what it does for a connection that nobody listens to any more. */
  cancel(process: number): void;
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

  async lend(): Promise<Lent> {
    const isIdle = this.#pool.idleCount > this.#pool.waitingCount;
    const connecting = this.#pool.connect();
    try {
      // One that lies idle comes at once: no need to watch the clock.
      const client = isIdle ? await connecting : await orAfter(connecting, this.#patienceMs, () => this.#noneFree());
      return { client, giveBack: (failure) => client.release(failure) };
    } catch (caught) {
      // One that comes too late is given back.
      connecting.then(
        (client) => client.release(),
        () => undefined,
      );
      throw caught;
    }
  }

  cancel(process: number): void {
    const text = `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND query_start < now() - interval '1 second'`;
    this.#pool.query({ text, values: [process] }).catch(() => undefined);
  }

  #noneFree(): StoreUnavailable {
    return new StoreUnavailable({ store: this.#store, problem: 'no connection was free in time' });
  }
}

/** What is promised, or the error when it is not there in time. */
export function orAfter<Result>(work: Promise<Result>, ms: number, late: () => Error): Promise<Result> {
  return new Promise((resolve, refuse) => {
    const timer = setTimeout(() => refuse(late()), ms);
    work.then(
      (result) => {
        clearTimeout(timer);
        resolve(result);
      },
      (caught: unknown) => {
        clearTimeout(timer);
        refuse(caught instanceof Error ? caught : new Error(String(caught)));
      },
    );
  });
}
