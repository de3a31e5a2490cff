import type { ClientBase } from 'pg';
import type { Lender, Lent } from './lenders.js';
import { onlyCell, query, script, withLiterals, type Cell, type Cells } from './queries.js';

/** A transaction in which writers have their turn. */
export interface Transaction {
  readonly client: ClientBase;
  /** An expression of the server's: what is written depends on it, so that nothing is after a ROLLBACK that came between. */
  readonly goesOn: string;
  /** What goes before its first call and behind its last one, in the same round trip: nothing, where it is the caller's. */
  readonly begin: string;
  readonly commit: string;
}

/** A transaction of the store's own, which nobody else can end. */
export function ownTransaction(client: ClientBase, limits: string): Transaction {
  return { client, goesOn: 'true', begin: `BEGIN; ${limits}`, commit: '; COMMIT' };
}

/** Calls a function that writes, if the transaction goes on: the first one in it, or the last. */
export async function callIn(
  { client, goesOn, begin, commit }: Transaction,
  which: 'first' | 'last',
  call: { readonly text: string; readonly values: readonly Cell[] },
): Promise<readonly Cells[]> {
  const [before, after] = which === 'first' ? [begin, ''] : ['', commit];
  const text = `${before} ${withLiterals(call.text, call.values)} WHERE ${goesOn} ${after}`;
  const answers = await script(client, text);
  const answer = answers.find((rows) => rows.length > 0);
  // Instead of writing outside.
  if (answer === undefined)
    throw new Error('the transaction that this store was inside of has ended, or was never begun: nothing was written');
  return answer;
}

/** When the turn now at each connection ends. */
const turns = new WeakMap<ClientBase, Promise<void>>();

const BEGUN = 'extract(epoch FROM now())::text';

/**
 * Lends a connection of the caller's, whose transaction it is: what becomes of it is theirs to say. All stores have turns at it,
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
      return { client, goesOn: this.#goesOn, begin: '', commit: '', giveBack };
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
