import { Fault } from '@login-policy/event-sourcing';
import pg from 'pg';
import type { Database, Row, Statement } from './database.js';

const TIMEOUT_MS = 5000;
const INT8 = 20;
/** A row that another one refers to is gone (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const FOREIGN_KEY = '23503';
/** No room on the disk. */
const FULL = '53100';
/** Syntax, rights, names: nothing that passes. */
const LASTING = /^(3D|42|28)/;

/** Accounts in PostgreSQL, in the schema `iam`. */
export class PostgresDatabase implements Database {
  readonly name = 'PostgreSQL (accounts)';
  readonly #pool: pg.Pool;

  constructor(connectionString: string) {
    this.#pool = new pg.Pool({
      connectionString,
      connectionTimeoutMillis: TIMEOUT_MS,
      query_timeout: TIMEOUT_MS,
    });
    // The pool replaces broken idle connections. Without a listener, their errors would end the process.
    this.#pool.on('error', () => undefined);
  }

  async run({ sql, values }: Statement): Promise<readonly Row[]> {
    try {
      return rowsOf(await this.#pool.query<Row>(sql, [...values]));
    } catch (caught) {
      throw this.#faultOf(caught);
    }
  }

  async atOnce(statements: readonly Statement[]): Promise<readonly Row[] | undefined> {
    const client = await this.#pool.connect().catch((caught: unknown) => {
      throw this.#faultOf(caught);
    });
    try {
      const decided = await inTransaction(client, statements);
      client.release();
      return decided;
    } catch (caught) {
      // Closing the connection rolls back.
      client.release(true);
      if (caught instanceof pg.DatabaseError && caught.code === FOREIGN_KEY) return undefined;
      throw this.#faultOf(caught);
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  #faultOf(caught: unknown): Fault {
    const problem = caught instanceof Error ? caught.message : String(caught);
    const code = caught instanceof pg.DatabaseError ? (caught.code ?? '') : '';
    if (code === FULL) return new Fault('store-full', { store: this.name }, caught);
    if (LASTING.test(code)) return new Fault('store-foreign', { store: this.name, problem }, caught);
    return new Fault('store-unavailable', { store: this.name, problem }, caught);
  }
}

async function inTransaction(
  client: pg.PoolClient,
  statements: readonly Statement[],
): Promise<readonly Row[] | undefined> {
  await client.query('BEGIN');
  let decided: readonly Row[] | undefined;
  for (const { sql, values } of statements) {
    const rows = rowsOf(await client.query<Row>(sql, [...values]));
    decided ??= rows;
    if (decided.length > 0) continue;
    await client.query('ROLLBACK');
    return undefined;
  }
  await client.query('COMMIT');
  return decided;
}

/** The driver returns 64-bit integers as text. */
function rowsOf({ fields, rows }: pg.QueryResult<Row>): readonly Row[] {
  const integers = fields.filter(({ dataTypeID }) => dataTypeID === INT8).map(({ name }) => name);
  const numberIn = (row: Row, name: string): number | null => (row[name] === null ? null : Number(row[name]));
  return rows.map((row) => ({ ...row, ...Object.fromEntries(integers.map((name) => [name, numberIn(row, name)])) }));
}
