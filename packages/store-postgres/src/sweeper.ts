import type { Connection } from './connection.js';
import type { Schema } from './schema.js';

/** The rows deleted by one statement. */
const BATCH_ROWS = 5000;

/**
 * Deletes the rows of replaced read models in the background, in short batches. If the store is closed or
 * unavailable, the next sweep deletes the rest.
 */
export class Sweeper {
  readonly #connection: Connection;
  readonly #schema: Schema;
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(connection: Connection, schema: Schema) {
    this.#connection = connection;
    this.#schema = schema;
  }

  /** Starts to sweep, unless it is running. */
  start(): void {
    this.#running ??= this.#sweep()
      .catch(() => undefined)
      .finally(() => (this.#running = undefined));
  }

  /** Waits for the running batch. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  async #sweep(): Promise<void> {
    const { quoted } = this.#schema;
    const deleteBatch = (table: string): string =>
      `DELETE FROM ${quoted}.${table} WHERE ctid = ANY (ARRAY(
        SELECT t.ctid FROM ${quoted}.${table} AS t JOIN gone USING (model) LIMIT ${BATCH_ROWS})) RETURNING 1`;
    const statement = `WITH gone AS (SELECT model FROM ${quoted}.read_models WHERE stage = 'replaced' ORDER BY model LIMIT 1),
      rows AS (${deleteBatch('read_model_rows')}), entries AS (${deleteBatch('read_model_entries')})
      SELECT model, EXISTS (SELECT FROM rows) OR EXISTS (SELECT FROM entries) FROM gone`;
    while (!this.#isClosed) {
      const [[model, hadRows] = []] = await this.#connection.change(statement);
      if (model === undefined) return;
      if (hadRows === 'f')
        await this.#connection.change(`DELETE FROM ${quoted}.read_models WHERE model = $1 AND stage = 'replaced'`, [
          model,
        ]);
    }
  }
}
