import type { ClientBase } from 'pg';
import { callPrepared } from './prepared-call.js';
import { AS_TEXT, query, type Cells, type Statement, type Value } from './queries.js';
import { stateOf } from './faults.js';
import { memoized } from './memoized.js';
import { digest } from './names.js';

/** Whether statements are prepared on direct connections, or never. */
export type Preparation = 'when-direct' | 'never';

/** Error codes: the statement does not exist, its name is taken, or its result type has changed. Nothing was done. */
const NOT_PREPARED = new Set(['26000', '42P05', '0A000']);

/**
 * The prepared statements of connections. They are used only on direct connections, because behind a pooler the next
 * statement may reach another server process that lacks them. A connection is direct if the server process has the
 * number that was reported when the connection was made; a pooler reports a number of its own. If the check misses a
 * pooler, the server refuses the statement before doing anything, and the connection continues without prepared
 * statements.
 */
export class PreparedStatements {
  readonly #preparation: Preparation;
  readonly #isDirect = new WeakMap<ClientBase, boolean>();

  constructor(preparation: Preparation) {
    this.#preparation = preparation;
  }

  /** Queries with a prepared statement; `undefined` when this connection can't, in which case nothing was done. */
  async query(client: ClientBase, text: string, values: readonly Value[]): Promise<readonly Cells[] | undefined> {
    if (this.#preparation === 'never' || !(this.#isDirect.get(client) ?? (await this.#checkDirect(client))))
      return undefined;
    try {
      return await callPrepared(client, statementOf(text), values);
    } catch (caught) {
      if (!NOT_PREPARED.has(stateOf(caught) ?? '')) throw caught;
      this.#isDirect.set(client, false);
      return undefined;
    }
  }

  async #checkDirect(client: ClientBase): Promise<boolean> {
    const isDirect = await isDirectlyConnected(client);
    this.#isDirect.set(client, isDirect);
    return isDirect;
  }
}

/** Its name begins with the called function, for operators who watch the server's activity. */
const statementOf = memoized((text): Statement => {
  const called = /\.(\w+)\(/.exec(text)?.[1] ?? 'login_policy';
  const name = `${called} ${digest(text).toString('hex').slice(0, 16)}`;
  return { name, text, rowMode: 'array', types: AS_TEXT };
});

/** Whether the server process has the number that was reported when the connection was made. */
export async function isDirectlyConnected(client: ClientBase): Promise<boolean> {
  if (!('processID' in client)) return false;
  const [row] = await query(client, 'SELECT pg_backend_pid()');
  return Number(row?.[0]) === client.processID;
}
