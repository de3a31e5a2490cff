import type { ClientBase } from 'pg';
import { AS_TEXT, query, type Cells, type Statement } from './queries.js';
import { stateOf } from './faults.js';
import { digest } from './names.js';

/** Whether statements are prepared where the store talks to the server itself, or never. */
export type Preparation = 'when-direct' | 'never';

/** The statement is not there, or one of its name, or what it answers has changed. Nothing was done. */
const NOT_PREPARED = new Set(['26000', '42P05', '0A000']);

/**
 * Statements that a connection keeps prepared. Behind a pooler the next one could be at another server process, where there
 * is not such a statement: so only on a connection whose process at the server is the one that was named when it was made.
 * A pooler makes that number up. Should one not, the server refuses the statement before it does anything, and the
 * connection is used without from then on.
 */
export class PreparedStatements {
  readonly #preparation: Preparation;
  readonly #isDirect = new WeakMap<ClientBase, boolean>();
  readonly #statements = new Map<string, Statement>();

  constructor(preparation: Preparation) {
    this.#preparation = preparation;
  }

  /** Asks by a prepared statement; `undefined`: that can't be done on this connection, and nothing was done. */
  async query(client: ClientBase, text: string, values: readonly unknown[]): Promise<readonly Cells[] | undefined> {
    if (this.#preparation === 'never' || !(this.#isDirect.get(client) ?? (await this.#findOut(client))))
      return undefined;
    try {
      return await query(client, this.#statementOf(text), values);
    } catch (caught) {
      if (!NOT_PREPARED.has(stateOf(caught) ?? '')) throw caught;
      this.#isDirect.set(client, false);
      return undefined;
    }
  }

  async #findOut(client: ClientBase): Promise<boolean> {
    const isDirect = await isDirectlyConnected(client);
    this.#isDirect.set(client, isDirect);
    return isDirect;
  }

  /** Its name begins with the function that is called, for an operator who reads what the server is doing. */
  #statementOf(text: string): Statement {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      const called = /\.(\w+)\(/.exec(text)?.[1] ?? 'login_policy';
      const name = `${called} ${digest(text).toString('hex').slice(0, 16)}`;
      statement = { name, text, rowMode: 'array', types: AS_TEXT };
      this.#statements.set(text, statement);
    }
    return statement;
  }
}

/** Whether the server at the other end is the process that was named when the connection was made. */
export async function isDirectlyConnected(client: ClientBase): Promise<boolean> {
  if (!('processID' in client)) return false;
  const [row] = await query(client, 'SELECT pg_backend_pid()');
  return Number(row?.[0]) === client.processID;
}
