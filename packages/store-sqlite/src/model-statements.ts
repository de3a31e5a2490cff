import type { Database } from './database.js';
import type { Statement } from './statement.js';
import { randomUUID } from 'node:crypto';

/** The rows deleted in one transaction. */
const DELETED_AT_ONCE = 1000;

/** A row as it is stored. */
interface StoredRow {
  readonly key: string;
  readonly row: string | null;
}

/** The id of a read model, and its stored checkpoint. */
export interface ModelRecord {
  readonly model: number;
  readonly checkpoint: string | null;
}

/** The prepared statements on read models. */
export interface ModelStatements {
  readonly insertModel: Statement<[name: string]>;
  readonly modelByName: Statement<[name: string], ModelRecord>;
  readonly shadowById: Statement<[prefix: string, model: string], ModelRecord>;
  readonly checkpoint: Statement<[model: string], string>;
  readonly shadows: Statement<[prefix: string], number>;
  readonly versions: Statement<[prefix: string], { readonly id: number; readonly name: string }>;
  readonly setCheckpoint: Statement<[checkpoint: string, model: number]>;
  readonly renameByName: Statement<[to: string, from: string]>;
  readonly renameById: Statement<[to: string, model: number | string]>;
  readonly deleteModel: Statement<[model: number]>;
  readonly nextReplaced: Statement<[], number>;
  readonly deleteFirstRows: Statement<[model: number, same: number]>;
  readonly deleteFirstEntries: Statement<[model: number, same: number]>;
  readonly row: Statement<[model: number, key: string], string>;
  readonly upsertRow: Statement<[model: number, key: string, row: string]>;
  readonly deleteRow: Statement<[model: number, key: string]>;
  readonly insertEntry: Statement<[model: number, key: string, name: string, value: string]>;
  readonly deleteEntries: Statement<[model: number, key: string]>;
  readonly deleteEntry: Statement<[model: number, key: string, name: string, value: string]>;
  /** Rows or only their keys, in either direction. */
  readonly lists: Readonly<Record<List, Statement<ListParameters, StoredRow>>>;
  readonly count: Statement<[model: number, index: string, value: string, most: number], number>;
  readonly size: Statement<[model: number], number>;
}

/** The parameters of {@link listOf}. */
type ListParameters = [
  model: number,
  index: string,
  value: string,
  from: string,
  before: string | Uint8Array,
  limit: number,
];

/** A direction, and whether to list rows or only their keys. */
type List = `${'forwards' | 'backwards'} ${'rows' | 'keys'}`;

/** Prepares the statements on read models. */
export function modelStatements(database: Database): ModelStatements {
  return {
    insertModel: database.prepare('INSERT INTO models (name) VALUES (?) ON CONFLICT DO NOTHING'),
    modelByName: database.prepare(`${SELECT_MODEL} name = ?`),
    shadowById: database.prepare(`${SELECT_MODEL} ${IS_SHADOW} AND id = ?`),
    checkpoint: database.prepare('SELECT checkpoint FROM models WHERE id = ?', 'value'),
    shadows: database.prepare(`SELECT id FROM models WHERE ${IS_SHADOW}`, 'value'),
    versions: database.prepare(`SELECT id, name FROM models WHERE instr(name, ?) = 1`),
    setCheckpoint: database.prepare('UPDATE models SET checkpoint = ? WHERE id = ?'),
    renameByName: database.prepare('UPDATE models SET name = ? WHERE name = ?'),
    renameById: database.prepare('UPDATE models SET name = ? WHERE id = ?'),
    deleteModel: database.prepare('DELETE FROM models WHERE id = ?'),
    nextReplaced: database.prepare(
      `SELECT id FROM models WHERE instr(name, '${REPLACED}') = 1 AND ${ENDS_WITH_UUID} LIMIT 1`,
      'value',
    ),
    deleteFirstRows: database.prepare(deleteFirst('rows')),
    deleteFirstEntries: database.prepare(deleteFirst('row_index')),
    ...rowStatements(database),
  };
}

/** The statements on rows and their index entries. */
function rowStatements(database: Database): Pick<ModelStatements, RowStatement> {
  return {
    row: database.prepare('SELECT row FROM rows WHERE model = ? AND key = ?', 'value'),
    upsertRow: database.prepare(
      'INSERT INTO rows (model, key, row) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET row = excluded.row',
    ),
    deleteRow: database.prepare('DELETE FROM rows WHERE model = ? AND key = ?'),
    insertEntry: database.prepare(
      'INSERT INTO row_index (model, key, name, value) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    deleteEntry: database.prepare('DELETE FROM row_index WHERE model = ? AND key = ? AND name = ? AND value = ?'),
    deleteEntries: database.prepare('DELETE FROM row_index WHERE model = ? AND key = ?'),
    count: database.prepare(
      'SELECT count(*) FROM (SELECT 1 FROM row_index WHERE model = ? AND name = ? AND value = ? LIMIT ?)',
      'value',
    ),
    size: database.prepare('SELECT count(*) FROM rows WHERE model = ?', 'value'),
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
      ? `SELECT rows.key, rows.row FROM row_index JOIN rows USING (model, key)`
      : `SELECT row_index.key, NULL AS row FROM row_index`;
  return `${listed} WHERE row_index.model = ? AND name = ? AND value = ? AND row_index.key >= ? AND row_index.key < ?
    ORDER BY row_index.key ${order} LIMIT ?`;
}

type RowStatement =
  'count' | 'deleteRow' | 'deleteEntry' | 'deleteEntries' | 'insertEntry' | 'lists' | 'size' | 'upsertRow' | 'row';

const SELECT_MODEL = 'SELECT id AS model, checkpoint FROM models WHERE';
/**
 * Matches the names of shadows and replaced read models. Live names end with a version instead. Compared as bytes,
 * because a name may contain a NUL.
 */
const ENDS_WITH_UUID = `CAST(substr(CAST(name AS BLOB), -13) AS TEXT) GLOB '-${'[0-9a-f]'.repeat(12)}'`;
/**
 * Matches a prefix followed by a UUID. Compared as plain text, because a projection's name may look like a pattern or
 * like another's shadow.
 */
const IS_SHADOW = `(SELECT instr(name, prefix) = 1 AND length(CAST(name AS BLOB)) = length(CAST(prefix AS BLOB)) + 36
  FROM (SELECT ? AS prefix)) AND ${ENDS_WITH_UUID}`;

/** Deletes the first rows with one condition, because deleting each row by its key takes twice as long. */
function deleteFirst(table: 'rows' | 'row_index'): string {
  return `DELETE FROM ${table} WHERE model = ? AND key <= (
    SELECT max(key) FROM (SELECT key FROM ${table} WHERE model = ? ORDER BY key LIMIT ${DELETED_AT_ONCE}))`;
}

/** Deletes some rows of a replaced read model; `false` when none are left. */
export function deleteReplacedRows(models: ModelStatements): boolean {
  const model = models.nextReplaced.get();
  if (model === undefined) return false;
  const deleted = [models.deleteFirstRows, models.deleteFirstEntries].map((statement) =>
    Number(statement.run(model, model).changes),
  );
  if (deleted.every((count) => count === 0)) models.deleteModel.run(model);
  return true;
}

/** The name prefix of replaced read models, whose rows are no longer read. */
export const REPLACED = '.replaced.';

/** The name prefix of a read model's shadows. */
export function shadowPrefix(name: string): string {
  return `${name}.rebuilding.`;
}

/** A new, unique name of a shadow. */
export function newShadowName(name: string): string {
  return `${shadowPrefix(name)}${randomUUID()}`;
}

/** A new, unique name of a replaced read model. */
export function replacedName(): string {
  return `${REPLACED}${randomUUID()}`;
}
