import type { ClientBase, Connection, Submittable } from 'pg';
import { AS_TEXT, query, type Cells, type Statement, type Value } from './queries.js';

/**
 * Calls a prepared statement. The driver's own query would also ask for a description of the result and copy its
 * options by their property descriptors. Row `at-once-postgres`: 1.3 times as many commands by processor. A connection
 * that pipelines takes only the driver's own queries.
 */
export function callPrepared(
  client: ClientBase,
  statement: Statement,
  values: readonly Value[],
): Promise<readonly Cells[]> {
  if ('pipeline' in client && client.pipeline === true) return query(client, statement, values);
  return new Promise((resolve, reject) => {
    const callback: PreparedCall['callback'] = (error, { rows } = NO_ROWS) => {
      if (error) reject(error);
      else resolve(rows);
    };
    client.query(new PreparedCall(statement, values, callback));
  });
}

const NO_ROWS = { rows: [] };

/** Its own members are those of a query, because wrappers of the driver pass on a copy of them with another text. */
class PreparedCall implements Submittable {
  readonly name: string;
  readonly text: string;
  readonly values: readonly Value[];
  readonly rowMode = 'array';
  readonly types = AS_TEXT;
  /** Replaced by the driver when it has a `query_timeout`. */
  callback: (error: Error | null | undefined, result?: { readonly rows: readonly Cells[] }) => void;
  readonly #rows: Cells[] = [];

  constructor({ name, text }: Statement, values: readonly Value[], callback: PreparedCall['callback']) {
    this.name = name;
    this.text = text;
    this.values = values;
    this.callback = callback;
  }

  submit(connection: Connection): void {
    const { name, text } = this;
    const { stream } = connection;
    // The program's own stream may lack both.
    const canCork = typeof stream.cork === 'function';
    if (canCork) stream.cork();
    try {
      if (!isPrepared(connection, name)) connection.parse({ name, text, types: [] }, true);
      const values = this.values.map((value) => (typeof value === 'number' ? String(value) : value));
      connection.bind({ statement: name, values }, true);
      connection.execute(null, true);
      connection.sync();
    } finally {
      if (canCork) stream.uncork();
    }
  }

  handleDataRow({ fields }: { readonly fields: Cells }): void {
    this.#rows.push(fields);
  }

  handleCommandComplete(): void {
    // The answer is complete when the server is ready again.
  }

  handleReadyForQuery(): void {
    this.callback(null, { rows: this.#rows });
  }

  handleError(error: Error): void {
    this.callback(error);
  }
}

/** The driver notes the statements that it has prepared on a connection, by name. */
function isPrepared(connection: Connection, name: string): boolean {
  const known: unknown = 'parsedStatements' in connection ? connection.parsedStatements : undefined;
  return typeof known === 'object' && known !== null && name in known;
}
