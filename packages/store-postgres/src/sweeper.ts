import type { Connection } from './connection.js';
import type { Schema } from './schema.js';

/** The rows deleted by one statement. */
const AT_ONCE = 5000;

/**
 * Deletes the rows of replaced read models in the background, in short slices. Anything left when the store is closed
 * or unavailable is deleted by the next sweep.
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

  /** Begins to sweep, unless it is running. */
  begin(): void {
    this.#running ??= this.#sweep()
      .catch(() => undefined)
      .finally(() => (this.#running = undefined));
  }

  /** Waits for the running slice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  async #sweep(): Promise<void> {
    const { quoted } = this.#schema;
    const slice = (table: string): string =>
      `DELETE FROM ${quoted}.${table} WHERE ctid = ANY (ARRAY(
        SELECT t.ctid FROM ${quoted}.${table} AS t JOIN gone USING (model) LIMIT ${AT_ONCE})) RETURNING 1`;
    const statement = `WITH gone AS (SELECT model FROM ${quoted}.read_models WHERE stage = 'replaced' ORDER BY model LIMIT 1),
      rows AS (${slice('read_model_rows')}), entries AS (${slice('read_model_entries')})
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
