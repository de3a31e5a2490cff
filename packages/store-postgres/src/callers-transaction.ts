import type { ClientBase } from 'pg';
import type { Lender, Lent } from './lenders.js';
import { onlyCell, query } from './queries.js';

/** A transaction, and what is true until it ends. */
export interface Transaction {
  readonly client: ClientBase;
  /** An expression of the server's: what is written depends on it, so that nothing is after a ROLLBACK that came between. */
  readonly goesOn: string;
}

/** A transaction that nobody else can end. */
export function ownTransaction(client: ClientBase): Transaction {
  return { client, goesOn: 'true' };
}

/** When the turn now at each connection ends. */
const turns = new WeakMap<ClientBase, Promise<void>>();

/**
 * Lends a connection of the caller's, whose transaction it is: what becomes of it is his to say. All stores have turns at it,
 * since an append needs several statements, which no other may come between. The transaction it is first lent in is the only
 * one: a transaction is known by when it began, and no two of a connection begin in the same microsecond.
 */
export class CallersClient implements Lender {
  readonly #client: ClientBase;
  #goesOn: string | undefined;

  constructor(client: ClientBase) {
    this.#client = client;
  }

  async lend(): Promise<Lent & Transaction> {
    const client = this.#client;
    const before = turns.get(client);
    let giveBack = (): void => undefined;
    turns.set(
      client,
      new Promise((resolve) => {
        giveBack = resolve;
      }),
    );
    await before;
    try {
      this.#goesOn ??= `${BEGUN} = '${onlyCell(await query(client, `SELECT ${BEGUN}`))}'`;
      return { client, goesOn: this.#goesOn, giveBack };
    } catch (caught) {
      giveBack();
      throw caught;
    }
  }

  cancel(): void {}

  async isAnswering(): Promise<boolean> {
    return true;
  }
}

const BEGUN = 'extract(epoch FROM now())::text';

/** Calls a function that writes, if the transaction goes on. */
export async function callWithin(
  { client, goesOn }: Transaction,
  call: string,
  values: readonly unknown[] = [],
): Promise<string> {
  const rows = await query(client, `SELECT ${call} WHERE ${goesOn}`, values);
  if (rows.length === 0) throw transactionEnded();
  return onlyCell(rows);
}

/** What is thrown instead of writing outside. */
export function transactionEnded(): Error {
  return new Error('the transaction that this store was inside of has ended, or was never begun: nothing was written');
}
