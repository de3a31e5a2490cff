import type { ClientBase } from 'pg';
import { AS_TEXT, query, type Cells, type Statement } from './queries.js';
import { stateOf } from './faults.js';
import { digest } from './names.js';

/** Whether statements are prepared on direct connections, or never. */
export type Preparation = 'when-direct' | 'never';

/** Error codes: the statement does not exist, its name is taken, or its result type has changed. Nothing was done. */
const NOT_PREPARED = new Set(['26000', '42P05', '0A000']);

/**
 * The prepared statements of connections. Behind a pooler, the next statement may reach another server process that
 * lacks them, so they are only used where the server process is the one named when the connection was made; a pooler
 * makes that number up. If that check fails to notice a pooler, the server refuses the statement before doing anything,
 * and the connection then works without.
 */
export class PreparedStatements {
  readonly #preparation: Preparation;
  readonly #isDirect = new WeakMap<ClientBase, boolean>();
  readonly #statements = new Map<string, Statement>();

  constructor(preparation: Preparation) {
    this.#preparation = preparation;
  }

  /** Queries with a prepared statement; `undefined` when this connection can't, in which case nothing was done. */
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

  /** Its name begins with the called function, for operators who watch the server's activity. */
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

/** Whether the server process is the one named when the connection was made. */
export async function isDirectlyConnected(client: ClientBase): Promise<boolean> {
  if (!('processID' in client)) return false;
  const [row] = await query(client, 'SELECT pg_backend_pid()');
  return Number(row?.[0]) === client.processID;
}
