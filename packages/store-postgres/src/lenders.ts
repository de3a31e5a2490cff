import type { ClientBase, Pool } from 'pg';
import { StoreUnavailable } from '@login-policy/event-sourcing/store';
import { isAnswering } from './own-client.js';

/** A connection for one piece of work. */
export interface Lent {
  readonly client: ClientBase;
  /** Called once, when the work is done; what failed may have left the connection in any state. */
  readonly giveBack: (failure: Error | undefined) => void;
}

/** Where connections come from. */
export interface Lender {
  /** @throws what the driver does, or StoreUnavailable when none is free in time, or when it is cut. */
  lend(cut: Cut): Promise<Lent>;
  /** Whether the server says anything within so many milliseconds. */
  isAnswering(ms: number): Promise<boolean>;
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

  async lend(cut: Cut): Promise<Lent> {
    const isIdle = this.#pool.idleCount > this.#pool.waitingCount;
    const connecting = this.#pool.connect();
    try {
      // One that lies idle comes at once: no need to watch the clock.
      const client = isIdle
        ? await connecting
        : await orAfter(connecting, { ms: this.#patienceMs, cut }, () => this.#noneFree());
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

  isAnswering(ms: number): Promise<boolean> {
    return isAnswering(this.#pool.options, ms);
  }

  #noneFree(): StoreUnavailable {
    return new StoreUnavailable({ store: this.#store, problem: 'no connection was free in time' });
  }
}

/** Ends at once all that waits for a server, once and for all. Cheaper than an AbortSignal, which each statement would listen to. */
export class Cut {
  readonly #waiting = new Set<() => void>();
  #isMade = false;

  make(): void {
    this.#isMade = true;
    for (const giveUp of this.#waiting) giveUp();
  }

  /** Calls `giveUp` when it is made, or was; what it answers with takes that back. */
  heardBy(giveUp: () => void): () => void {
    if (this.#isMade) giveUp();
    this.#waiting.add(giveUp);
    return () => void this.#waiting.delete(giveUp);
  }
}

/** What is promised, or the error when it is not there in time, or when it is cut. */
export function orAfter<Result>(
  work: Promise<Result>,
  { ms, cut }: { readonly ms: number; readonly cut: Cut },
  late: () => Error,
): Promise<Result> {
  return new Promise((resolve, refuse) => {
    const giveUp = (): void => refuse(late());
    const timer = setTimeout(giveUp, ms);
    const takeBack = cut.heardBy(giveUp);
    const tidyUp = (): void => {
      clearTimeout(timer);
      takeBack();
    };
    work.then(
      (result) => {
        tidyUp();
        resolve(result);
      },
      (caught: unknown) => {
        tidyUp();
        refuse(caught instanceof Error ? caught : new Error(String(caught)));
      },
    );
  });
}
