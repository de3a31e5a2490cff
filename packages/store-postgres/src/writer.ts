import type { Clock } from '@login-policy/event-sourcing';
import type { ClientBase } from 'pg';
import { batchJson, outcomesOf, singleArguments, type Outcome, type PreparedAppend } from './append-batch.js';
import { query, script, type Cells, type Connection } from './connection.js';
import type { Schema } from './schema.js';

/** Writes appends: in a transaction of its own, which may be tried under a name, or inside one of the caller's. */
export interface Writer {
  write(attempt: string, batch: readonly PreparedAppend[]): Promise<readonly Outcome[]>;
  writeWithin(client: ClientBase, batch: readonly PreparedAppend[]): Promise<readonly Outcome[]>;
}

/** Writes by one call of `append_events`: one round trip, in which the server itself opens and commits the transaction. */
export class PlainWriter implements Writer {
  readonly #connection: Connection;
  readonly #schema: Schema;
  readonly #clock: Clock;

  constructor({ connection, schema, clock }: { connection: Connection; schema: Schema; clock: Clock }) {
    this.#connection = connection;
    this.#schema = schema;
    this.#clock = clock;
  }

  async write(attempt: string, batch: readonly PreparedAppend[]): Promise<readonly Outcome[]> {
    const single = singleArguments(batch, this.#clock);
    const values = single ?? [batchJson(batch, this.#clock)];
    const answers = await this.#connection.use((client) => {
      const literals = [attempt, ...values].map((value) => (value === null ? 'NULL' : client.escapeLiteral(value)));
      const call = `${single === undefined ? 'append_events' : 'append_event'}(${literals.join(', ')})`;
      return script(client, `${this.#connection.limits()} SELECT ${this.#schema.quoted}.${call}`);
    });
    return outcomesOf(batch, onlyCell(answers.at(-1)));
  }

  async writeWithin(client: ClientBase, batch: readonly PreparedAppend[]): Promise<readonly Outcome[]> {
    const values = ['', batchJson(batch, this.#clock)];
    const rows = await query(client, `SELECT ${this.#schema.quoted}.append_events($1, $2)`, values);
    return outcomesOf(batch, onlyCell(rows));
  }
}

/** The one value a function answered with. */
export function onlyCell(rows: readonly Cells[] | undefined): string {
  const cell = rows?.[0]?.[0];
  if (typeof cell === 'string') return cell;
  throw new TypeError('the server did not answer');
}
