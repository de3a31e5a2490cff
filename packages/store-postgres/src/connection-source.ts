import type { ClientBase, Pool, PoolClient } from 'pg';
import { Fault } from '@login-policy/event-sourcing';
import { TIME_UP, within } from '@login-policy/event-sourcing/store';
import { connectingFault } from './faults.js';
import { askAnew } from './own-client.js';
import type { Cell } from './queries.js';

/** A connection that is borrowed for one piece of work. */
export interface BorrowedConnection {
  readonly client: ClientBase;
  /**
   * Call it once when the work is done. A connection with a failure is not used again, because its state is unknown.
   */
  readonly release: (failure: Error | undefined) => void;
}

/** Where connections come from: a pool, or a caller who has one. */
export interface ConnectionSource {
  /**
   * Borrows a connection. `abandoning` fires when a closing store abandons its work, `callerSignal` when its caller
   * does.
   *
   * @throws StoreUnavailable when no connection is free in time, a signal fires during the wait, or the program has
   *   released the connection within a transaction; the fault of a connection that can't be made.
   */
  borrow(abandoning: AbortSignal, callerSignal?: AbortSignal): Promise<BorrowedConnection>;
  /** Asks the server over a new connection: see `askAnew`. Default: as long as for a connection of the pool. */
  askAnew(statement: string, ms?: number): Promise<Cell | undefined>;
  /** The number of idle connections, each of which may lead to a standby after a failover. */
  readonly idleCount: number;
}

/** Borrows connections from the program's own pool. */
export class PoolSource implements ConnectionSource {
  readonly #pool: Pool;
  readonly #store: string;
  readonly #timeoutMs: number;

  constructor(pool: Pool, store: string, timeoutMs: number) {
    this.#pool = pool;
    this.#store = store;
    this.#timeoutMs = timeoutMs;
  }

  async borrow(abandoning: AbortSignal, callerSignal?: AbortSignal): Promise<BorrowedConnection> {
    const isIdle = this.#pool.idleCount > this.#pool.waitingCount;
    try {
      // The pool itself throws where the driver can't read a certificate that the address names.
      const connecting = this.#pool.connect();
      // Without a time-out or signals for an idle connection, because it is available at once.
      const client = isIdle ? await connecting : await within(connecting, this.#timeoutMs, abandoning, callerSignal);
      if (client !== TIME_UP) {
        if (!isFree(client)) await this.#refuseTransaction(client, abandoning, callerSignal);
        return { client, release: (failure) => client.release(failure) };
      }
      // A connection that comes too late goes back to the pool.
      connecting.then(
        (late) => late.release(),
        () => undefined,
      );
    } catch (caught) {
      throw connectingFault(this.#store, caught);
    }
    const isAborted = abandoning.aborted || callerSignal?.aborted === true;
    const problem = isAborted
      ? 'the wait for a connection was cancelled'
      : `no connection was free within ${this.#timeoutMs} ms`;
    throw new Fault('store-unavailable', { store: this.#store, problem });
  }

  /**
   * Closes a connection that the program released within a transaction: what is written there would be lost with that
   * transaction, and what is read may be outdated.
   */
  async #refuseTransaction(client: PoolClient, ...signals: readonly (AbortSignal | undefined)[]): Promise<void> {
    const onError = (): void => undefined;
    client.on('error', onError);
    // The program may have released it without waiting for its last answer.
    const ending = client.query('SELECT').catch(() => undefined);
    await within(ending, this.#timeoutMs, ...signals);
    if (isFree(client)) return void client.off('error', onError);
    const problem = 'the program released a connection to the pool within a transaction: end the transaction before';
    const fault = new Fault('store-unavailable', { store: this.#store, problem });
    client.release(fault);
    throw fault;
  }

  get idleCount(): number {
    return this.#pool.idleCount;
  }

  askAnew(statement: string, ms: number = this.#timeoutMs): Promise<Cell | undefined> {
    return askAnew(this.#pool.options, statement, ms);
  }
}

/**
 * Whether no statement is running, and the server's last answer was given outside of a transaction. A client that is
 * not pg's may tell neither.
 */
function isFree(client: ClientBase): boolean {
  const isReady = !('readyForQuery' in client) || client.readyForQuery !== false;
  const status = 'getTransactionStatus' in client ? client.getTransactionStatus() : 'I';
  return isReady && status !== 'T' && status !== 'E';
}
