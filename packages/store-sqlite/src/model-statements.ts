import type { Database } from './database.js';
import type { Statement } from './statement.js';
import { exact, type ExactText } from './exact-text.js';
import { REPLACED } from './model-names.js';

/** The rows deleted in one transaction. */
const SWEPT = 1000;

/** A row as it is stored. */
interface StoredRow {
  readonly key: ExactText;
  readonly row: string | null;
}

/** The id of a read model, and its stored checkpoint. */
export interface PlacedModel {
  readonly model: number;
  readonly leftAt: string | null;
}

/** The prepared statements on read models. */
export interface ModelStatements {
  readonly make: Statement<[name: string]>;
  readonly place: Statement<[name: string], PlacedModel>;
  readonly placeOfShadow: Statement<[prefix: string, model: string], PlacedModel>;
  readonly leftAt: Statement<[model: string], string>;
  readonly shadows: Statement<[prefix: string], number>;
  readonly versions: Statement<[prefix: string], { readonly id: number; readonly name: ExactText }>;
  readonly moveTo: Statement<[checkpoint: string, model: number]>;
  readonly rename: Statement<[to: string, from: string]>;
  readonly renameId: Statement<[to: string, model: number | string]>;
  readonly dropModel: Statement<[model: number]>;
  readonly replaced: Statement<[], number>;
  readonly sweepRows: Statement<[model: number, same: number]>;
  readonly sweepIndex: Statement<[model: number, same: number]>;
  readonly row: Statement<[model: number, key: string], string>;
  readonly put: Statement<[model: number, key: string, row: string]>;
  readonly drop: Statement<[model: number, key: string]>;
  readonly index: Statement<[model: number, key: string, name: string, value: string]>;
  readonly dropIndex: Statement<[model: number, key: string]>;
  readonly dropEntry: Statement<[model: number, key: string, name: string, value: string]>;
  /** Rows or only their keys, in either direction. */
  readonly lists: Readonly<Record<List, Statement<Asked, StoredRow>>>;
  readonly count: Statement<[model: number, index: string, value: string], number>;
}

/** The parameters of a query. */
type Asked = [model: number, index: string, value: string, from: string, before: string | Uint8Array, limit: number];

/** A direction, and what to list. */
type List = `${'forwards' | 'backwards'} ${'rows' | 'keys'}`;

/** Prepares the statements on read models. */
export function modelStatements(database: Database): ModelStatements {
  return {
    make: database.prepare('INSERT INTO models (name) VALUES (?) ON CONFLICT DO NOTHING'),
    place: database.prepare(`${PLACE} name = ?`),
    placeOfShadow: database.prepare(`${PLACE} ${BEGINS} AND id = ?`),
    leftAt: database.prepare<[string], string>('SELECT left_at FROM models WHERE id = ?').pluck(),
    shadows: database.prepare<[string], number>(`SELECT id FROM models WHERE ${BEGINS}`).pluck(),
    versions: database.prepare(`SELECT id, ${exact('name')} AS name FROM models WHERE instr(name, ?) = 1`),
    moveTo: database.prepare('UPDATE models SET left_at = ? WHERE id = ?'),
    rename: database.prepare('UPDATE models SET name = ? WHERE name = ?'),
    renameId: database.prepare('UPDATE models SET name = ? WHERE id = ?'),
    dropModel: database.prepare('DELETE FROM models WHERE id = ?'),
    replaced: database
      .prepare<[], number>(`SELECT id FROM models WHERE instr(name, '${REPLACED}') = 1 AND ${ENDS_WITH_UUID} LIMIT 1`)
      .pluck(),
    sweepRows: database.prepare(upToOf('rows')),
    sweepIndex: database.prepare(upToOf('row_index')),
    ...rowStatements(database),
  };
}

/** The statements on rows and their index entries. */
function rowStatements(database: Database): Pick<ModelStatements, RowStatement> {
  return {
    row: database.prepare<[number, string], string>('SELECT row FROM rows WHERE model = ? AND key = ?').pluck(),
    put: database.prepare(
      'INSERT INTO rows (model, key, row) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET row = excluded.row',
    ),
    drop: database.prepare('DELETE FROM rows WHERE model = ? AND key = ?'),
    index: database.prepare(
      'INSERT INTO row_index (model, key, name, value) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    dropEntry: database.prepare('DELETE FROM row_index WHERE model = ? AND key = ? AND name = ? AND value = ?'),
    dropIndex: database.prepare('DELETE FROM row_index WHERE model = ? AND key = ?'),
    count: database
      .prepare<[number, string, string], number>(
        'SELECT count(*) FROM row_index WHERE model = ? AND name = ? AND value = ?',
      )
      .pluck(),
    lists: {
      'forwards rows': database.prepare(listOf('rows', 'ASC')),
      'forwards keys': database.prepare(listOf('keys', 'ASC')),
      'backwards rows': database.prepare(listOf('rows', 'DESC')),
      'backwards keys': database.prepare(listOf('keys', 'DESC')),
    },
  };
}

function listOf(wanted: 'rows' | 'keys', order: 'ASC' | 'DESC'): string {
  const listed =
    wanted === 'rows'
      ? `SELECT ${exact('rows.key')} AS key, rows.row FROM row_index JOIN rows USING (model, key)`
      : `SELECT ${exact('row_index.key')} AS key, NULL AS row FROM row_index`;
  return `${listed} WHERE row_index.model = ? AND name = ? AND value = ? AND row_index.key >= ? AND row_index.key < ?
    ORDER BY row_index.key ${order} LIMIT ?`;
}

type RowStatement = 'count' | 'drop' | 'dropEntry' | 'dropIndex' | 'index' | 'lists' | 'put' | 'row';

const PLACE = 'SELECT id AS model, left_at AS leftAt FROM models WHERE';
/**
 * Matches the names of shadows and replaced read models. Live names end with a version instead. Compared as bytes,
 * because a name may contain a NUL.
 */
const ENDS_WITH_UUID = `CAST(substr(CAST(name AS BLOB), -13) AS TEXT) GLOB '-${'[0-9a-f]'.repeat(12)}'`;
/**
 * Matches a prefix followed by a UUID. Compared as plain text, because a projection's name may look like a pattern or
 * like another's shadow. Node 22.13 can't bind `?1`.
 */
const BEGINS = `(SELECT instr(name, prefix) = 1 AND length(CAST(name AS BLOB)) = length(CAST(prefix AS BLOB)) + 36
  FROM (SELECT ? AS prefix)) AND ${ENDS_WITH_UUID}`;

/** Deletes the first rows up to a key; deleting each by its key takes twice as long. */
function upToOf(table: 'rows' | 'row_index'): string {
  return `DELETE FROM ${table} WHERE model = ? AND key <= (
    SELECT max(key) FROM (SELECT key FROM ${table} WHERE model = ? ORDER BY key LIMIT ${SWEPT}))`;
}

/** Deletes some rows of a replaced read model; `false` when none are left. */
export function deleteReplacedRows(models: ModelStatements): boolean {
  const model = models.replaced.get();
  if (model === undefined) return false;
  const swept = [models.sweepRows, models.sweepIndex].map((statement) => Number(statement.run(model, model).changes));
  if (swept.every((count) => count === 0)) models.dropModel.run(model);
  return true;
}
