import { LONGEST_TIMER_MS } from '@login-policy/event-sourcing/options';
import { Fault, eitherOf, KeyedMutex, TIME_UP, within } from '@login-policy/event-sourcing/store';
import type { ClientBase } from 'pg';
import type { Lender, Lent } from './lenders.js';
import { answeringOn, query, type Answering, type Cell, type Cells } from './queries.js';
import { demandPath, PATH } from './schema.js';

/** A transaction that writes. */
export interface OpenTransaction {
  readonly client: ClientBase;
  /** Runs statements in it. */
  readonly turn: Answering;
  /** A SQL condition on which all writes depend, so that nothing is written after a ROLLBACK in between. */
  readonly goesOn: string;
}

/** Calls a writing function, if the transaction still goes on. */
export async function callIn(
  { client, goesOn }: OpenTransaction,
  call: string,
  values: readonly Cell[],
): Promise<readonly Cells[]> {
  const answer = await query(client, `${call} WHERE ${goesOn}`, values);
  // Instead of writing outside of the transaction.
  if (answer.length === 0)
    throw new Error('the transaction that this store was inside of has ended, or was never begun: nothing was written');
  return answer;
}

/** The lock of each connection. */
const turns = new KeyedMutex<ClientBase>();

const BEGUN = 'extract(epoch FROM pg_catalog.now())::pg_catalog.text';

/**
 * Lends a caller's connection. The caller commits or rolls back. All stores lock it for each piece of work, because an
 * append needs several statements in sequence. It stays bound to the first transaction, which is identified by its
 * start time: no two transactions of a connection begin in the same microsecond.
 */
export class CallersClient implements Lender {
  readonly #client: ClientBase;
  readonly #store: string;
  #goesOn: string | undefined;

  constructor(client: ClientBase, store: string) {
    this.#client = client;
    this.#store = store;
  }

  async lend(one?: AbortSignal, other?: AbortSignal): Promise<Lent & OpenTransaction> {
    const client = this.#client;
    const either = one === undefined ? undefined : eitherOf(one, other);
    const isIn = await turns.enter(client, { signal: either?.signal });
    either?.release();
    if (isIn === false) throw this.#tooLate();
    const giveBack = (): void => turns.leave(client);
    try {
      // The client may be busy with a statement of its owner.
      const goesOn = this.#goesOn ?? (await within(this.#found(), LONGEST_TIMER_MS, one, other));
      if (goesOn === TIME_UP) throw this.#tooLate();
      this.#goesOn = goesOn;
      return { client, turn: answeringOn(client, this.#store), goesOn, giveBack };
    } catch (caught) {
      giveBack();
      throw caught;
    }
  }

  async #found(): Promise<string> {
    const [[begun, path] = []] = await query(this.#client, `SELECT ${BEGUN}, ${PATH}`);
    demandPath(this.#store, path);
    return `${BEGUN} = '${begun}'`;
  }

  #tooLate(): Fault<'deadline-exceeded'> {
    return new Fault('deadline-exceeded', { doing: `a turn at ${this.#store}` });
  }

  get idleCount(): number {
    return 0;
  }

  async isAnswering(): Promise<boolean> {
    return true;
  }
}
