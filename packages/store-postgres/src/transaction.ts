import { Fault, rule } from '@login-policy/event-sourcing';
import { KeyedMutex, onAbort, TIME_UP, within } from '@login-policy/event-sourcing/store';
import type { ClientBase } from 'pg';
import type { ConnectionSource, BorrowedConnection } from './connection-source.js';
import { queryRunnerOn, query, type QueryRunner, type Cell, type Cells } from './queries.js';
import { demandPath, PATH } from './schema.js';

/** A transaction in which the store writes. */
export interface OpenTransaction {
  readonly client: ClientBase;
  /** Runs statements in it. */
  readonly queries: QueryRunner;
  /** A SQL condition: the transaction is still open. All writes depend on it, so that none happens after a ROLLBACK. */
  readonly openCondition: string;
}

/** Calls a writing function, if the transaction is still open. */
export async function callIn(
  { client, openCondition }: OpenTransaction,
  call: string,
  values: readonly Cell[],
): Promise<readonly Cells[]> {
  const answer = await query(client, `${call} WHERE ${openCondition}`, values);
  // Nothing is written outside of the transaction.
  if (answer.length === 0)
    throw new Error('the transaction that this store was inside of has ended, or was never begun: nothing was written');
  return answer;
}

/** A lock for each connection, shared by all stores. */
const locks = new KeyedMutex<ClientBase>();

/** A signal that aborts when either of two does. Release it, because these may outlive it. */
function eitherOf(
  one: AbortSignal,
  other: AbortSignal | undefined,
): { readonly signal: AbortSignal; readonly release: () => void } {
  if (other === undefined) return { signal: one, release: () => undefined };
  const control = new AbortController();
  const listenerRemovers = [one, other].map((signal) => onAbort(signal, () => control.abort()));
  return { signal: control.signal, release: () => listenerRemovers.forEach((removeListener) => removeListener()) };
}

/** The start time of a transaction, as SQL. */
const START_TIME = 'extract(epoch FROM pg_catalog.now())::pg_catalog.text';

/** Identifies a client's current transaction. */
export async function identifyTransaction(
  client: ClientBase,
): Promise<Pick<OpenTransaction, 'openCondition'> & { readonly path: Cell | undefined }> {
  const [[startTime, path] = []] = await query(client, `SELECT ${START_TIME}, ${PATH}`);
  return { openCondition: `${START_TIME} = '${startTime}'`, path };
}

/**
 * Provides a caller's connection. The caller commits or rolls back. All stores lock it for each piece of work, because
 * an append needs several statements in sequence. It stays bound to the first transaction, which is identified by its
 * start time: no two transactions of a connection begin in the same microsecond.
 */
export class CallersClient implements ConnectionSource {
  readonly #client: ClientBase;
  readonly #store: string;
  #openCondition: string | undefined;

  constructor(client: ClientBase, store: string) {
    this.#client = client;
    this.#store = store;
  }

  async borrow(signal?: AbortSignal, otherSignal?: AbortSignal): Promise<BorrowedConnection & OpenTransaction> {
    const client = this.#client;
    const either = signal === undefined ? undefined : eitherOf(signal, otherSignal);
    const isLocked = await locks.enter(client, { signal: either?.signal });
    either?.release();
    if (isLocked === false) throw this.#deadlineExceeded();
    const release = (): void => locks.leave(client);
    try {
      // Waits while the client runs a statement of its owner.
      const openCondition =
        this.#openCondition ?? (await within(this.#identifyTransaction(), rule.LONGEST_TIMER_MS, signal, otherSignal));
      if (openCondition === TIME_UP) throw this.#deadlineExceeded();
      this.#openCondition = openCondition;
      return { client, queries: queryRunnerOn(client, this.#store), openCondition, release };
    } catch (caught) {
      release();
      throw caught;
    }
  }

  async #identifyTransaction(): Promise<string> {
    const { openCondition, path } = await identifyTransaction(this.#client);
    demandPath(this.#store, path);
    return openCondition;
  }

  #deadlineExceeded(): Fault<'deadline-exceeded'> {
    return new Fault('deadline-exceeded', { doing: `waiting for ${this.#store}` });
  }

  get idleCount(): number {
    return 0;
  }

  async askAnew(): Promise<Cell> {
    return '';
  }
}
