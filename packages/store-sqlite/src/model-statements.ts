import type { Database, Statement } from './database.js';
import type { LogHead } from './event-statements.js';

/** What the names begin with of read models that nobody reads any more. */
export const REPLACED = '.replaced.';
/** Rows that are taken away in one transaction. */
const SWEPT = 1000;

/** A row as it is stored. */
interface StoredRow {
  readonly key: string;
  readonly row: string;
}

/** A read model with where it was left, and the last event there is. */
export type PlacedModel = readonly [
  model: number,
  leftAt: string | null,
  ...([place: null, id: null, kept: null] | LogHead),
];

/** The prepared statements on read models. */
export interface ModelStatements {
  readonly make: Statement<[name: string]>;
  readonly place: Statement<[name: string], PlacedModel>;
  readonly moveTo: Statement<[checkpoint: string, model: number]>;
  readonly rename: Statement<[to: string, from: string]>;
  readonly dropModel: Statement<[model: number]>;
  readonly replaced: Statement<[], number>;
  readonly sweepRows: Statement<[model: number, same: number]>;
  readonly sweepIndex: Statement<[model: number, same: number]>;
  readonly get: Statement<[name: string, key: string], string>;
  readonly put: Statement<[model: number, key: string, row: string]>;
  readonly drop: Statement<[model: number, key: string]>;
  readonly index: Statement<[model: number, key: string, name: string, value: string]>;
  readonly dropIndex: Statement<[model: number, key: string]>;
  readonly query: Statement<Asked, StoredRow>;
  readonly keys: Statement<Asked, string>;
}

/** Which rows a query asks for. */
type Asked = [name: string, index: string, value: string, from: string, limit: number];

/** Prepares the statements on read models. */
export function modelStatements(database: Database): ModelStatements {
  const model = '(SELECT id FROM models WHERE name = ?)';
  return {
    make: database.prepare('INSERT INTO models (name) VALUES (?) ON CONFLICT DO NOTHING'),
    place: database
      .prepare<[string], PlacedModel>(
        // Where the driver makes lists of records, two columns of one name would be one.
        `SELECT models.id AS model, left_at, head.position, head.id, head.kept FROM models
         LEFT JOIN (SELECT position, id, kept FROM events ORDER BY position DESC LIMIT 1) AS head WHERE name = ?`,
      )
      .raw(),
    moveTo: database.prepare('UPDATE models SET left_at = ? WHERE id = ?'),
    rename: database.prepare('UPDATE models SET name = ? WHERE name = ?'),
    dropModel: database.prepare('DELETE FROM models WHERE id = ?'),
    replaced: database.prepare<[], number>(`SELECT id FROM models WHERE name GLOB '${REPLACED}*' LIMIT 1`).pluck(),
    sweepRows: database.prepare(upToOf('rows')),
    sweepIndex: database.prepare(upToOf('row_index')),
    get: database.prepare<[string, string], string>(`SELECT row FROM rows WHERE model = ${model} AND key = ?`).pluck(),
    put: database.prepare(
      'INSERT INTO rows (model, key, row) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET row = excluded.row',
    ),
    drop: database.prepare('DELETE FROM rows WHERE model = ? AND key = ?'),
    index: database.prepare('INSERT INTO row_index (model, key, name, value) VALUES (?, ?, ?, ?)'),
    dropIndex: database.prepare('DELETE FROM row_index WHERE model = ? AND key = ?'),
    keys: database
      .prepare<Asked, string>(
        `SELECT key FROM row_index WHERE model = ${model} AND name = ? AND value = ? AND key >= ? ORDER BY key LIMIT ?`,
      )
      .pluck(),
    query: database.prepare(
      `SELECT rows.key, rows.row FROM row_index JOIN rows USING (model, key)
       WHERE row_index.model = ${model} AND name = ? AND value = ? AND key >= ? ORDER BY key LIMIT ?`,
    ),
  };
}

/** Takes the first rows away up to a key: asking for each by its own is twice the work. */
function upToOf(table: 'rows' | 'row_index'): string {
  return `DELETE FROM ${table} WHERE model = ? AND key <= (
    SELECT max(key) FROM (SELECT key FROM ${table} WHERE model = ? ORDER BY key LIMIT ${SWEPT}))`;
}
