import { randomUUID } from 'node:crypto';
import { laterPosition, parsePosition, positionToString, type Position } from '@login-policy/event-sourcing';
import {
  CheckpointConflict,
  modelName,
  RebuildSuperseded,
  rowLimitOf,
  type KeyedRow,
  type ReadModelChange,
  type ReadModelDefinition,
  type RowQuery,
  KeptRows,
} from '@login-policy/event-sourcing/store';
import type { Database, Statement } from './database.js';

interface StoredRow {
  readonly key: string;
  readonly row: string;
}

type IndexEntry = readonly [name: string, value: string];

/** A row as it is written. */
export interface EncodedRow<Row> {
  readonly key: string;
  readonly row: Row | undefined;
  /** `undefined` takes the row away. */
  readonly text: string | undefined;
  /** `undefined` leaves the index as it is: the row before this one had the same values. */
  readonly indexed: readonly IndexEntry[] | undefined;
}

/** The prepared statements on read models. */
interface ModelStatements {
  readonly make: Statement<[name: string]>;
  readonly idOf: Statement<[name: string], number>;
  readonly checkpoint: Statement<[name: string], string | null>;
  readonly moveTo: Statement<[checkpoint: string, name: string]>;
  readonly rename: Statement<[to: string, from: string]>;
  readonly dropModel: Statement<[name: string]>;
  readonly get: Statement<[name: string, key: string], string>;
  readonly put: Statement<[model: number, key: string, row: string]>;
  readonly drop: Statement<[model: number, key: string]>;
  readonly index: Statement<[model: number, key: string, name: string, value: string]>;
  readonly dropIndex: Statement<[model: number, key: string]>;
  readonly query: Statement<[name: string, index: string, value: string, from: string, limit: number], StoredRow>;
}

function prepare(database: Database): ModelStatements {
  const model = '(SELECT id FROM models WHERE name = ?)';
  return {
    make: database.prepare('INSERT INTO models (name) VALUES (?) ON CONFLICT DO NOTHING'),
    idOf: database.prepare<[string], number>('SELECT id FROM models WHERE name = ?').pluck(),
    checkpoint: database.prepare<[string], string | null>('SELECT checkpoint FROM models WHERE name = ?').pluck(),
    moveTo: database.prepare('UPDATE models SET checkpoint = ? WHERE name = ?'),
    rename: database.prepare('UPDATE models SET name = ? WHERE name = ?'),
    dropModel: database.prepare('DELETE FROM models WHERE name = ?'),
    get: database.prepare<[string, string], string>(`SELECT row FROM rows WHERE model = ${model} AND key = ?`).pluck(),
    put: database.prepare(
      'INSERT INTO rows (model, key, row) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET row = excluded.row',
    ),
    drop: database.prepare('DELETE FROM rows WHERE model = ? AND key = ?'),
    index: database.prepare('INSERT INTO row_index (model, key, name, value) VALUES (?, ?, ?, ?)'),
    dropIndex: database.prepare('DELETE FROM row_index WHERE model = ? AND key = ?'),
    query: database.prepare(
      `SELECT rows.key, rows.row FROM row_index JOIN rows USING (model, key)
       WHERE row_index.model = ${model} AND name = ? AND value = ? AND key >= ? ORDER BY key LIMIT ?`,
    ),
  };
}

/** The tables of all read models in one file. */
export class ModelTables {
  readonly #database: Database;
  readonly #statements: ModelStatements;
  /** By the names of read models, each of which stands for the type of its rows. */
  readonly #kept = new Map<string, KeptRows<unknown>>();

  constructor(database: Database) {
    this.#database = database;
    this.#statements = prepare(database);
    database.onForeignChange(() => this.#renew());
  }

  /** The rows of a projection's live read model, made when they are not there. Needs no transaction of its own. */
  rowsOf<Row>(definition: ReadModelDefinition<Row>, name: string = modelName(definition)): ModelRows<Row> {
    this.#statements.make.run(name);
    const kept = this.#kept.get(name) ?? new KeptRows(definition, this.#database.name);
    this.#kept.set(name, kept);
    return new ModelRows(this.#statements, definition, { name, kept: kept as KeptRows<Row> });
  }

  /** Takes away every copy that a rebuild of this read model left, and makes a name that none ever had. */
  freshCopyOf(name: string): string {
    const copies = this.#database.prepare<[string], string>('SELECT name FROM models WHERE name GLOB ?').pluck();
    for (const copy of copies.all(`${name}.rebuilding.*`)) {
      this.remove(copy);
      this.#kept.delete(copy);
    }
    return `${name}.rebuilding.${randomUUID()}`;
  }

  /** Takes away a read model with all its rows. */
  remove(name: string): void {
    this.#kept.get(name)?.renew();
    const id = this.#statements.idOf.get(name);
    if (id === undefined) return;
    for (const table of ['rows', 'row_index']) this.#database.prepare(`DELETE FROM ${table} WHERE model = ?`).run(id);
    this.#statements.dropModel.run(name);
  }

  /** Puts one read model in the place of another. */
  replace(name: string, by: string): void {
    this.remove(name);
    this.#statements.rename.run(name, by);
    this.#kept.delete(by);
  }

  #renew(): void {
    for (const kept of this.#kept.values()) kept.renew();
  }
}

interface Named<Row> {
  readonly name: string;
  readonly kept: KeptRows<Row>;
}

/** The rows of one read model, read and written at once: in a transaction that is open, where one is needed. */
export class ModelRows<Row> {
  readonly name: string;
  readonly #statements: ModelStatements;
  readonly #definition: ReadModelDefinition<Row>;
  readonly #kept: KeptRows<Row>;

  constructor(statements: ModelStatements, definition: ReadModelDefinition<Row>, { name, kept }: Named<Row>) {
    this.#statements = statements;
    this.#definition = definition;
    this.name = name;
    this.#kept = kept;
  }

  get(key: string): Row | undefined {
    const known = this.#kept.current(key);
    return known === undefined ? this.#kept.read(key, this.#statements.get.get(this.name, key)) : known.row;
  }

  /** The rows under these keys, if all of them are known without a look. */
  known(keys: readonly string[]): ReadonlyMap<string, Row> | undefined {
    const found = new Map<string, Row>();
    for (const key of keys) {
      const known = this.#kept.current(key);
      if (known === undefined) return undefined;
      if (known.row !== undefined) found.set(key, known.row);
    }
    return found;
  }

  existing(keys: readonly string[]): ReadonlyMap<string, Row> {
    const found = new Map<string, Row>();
    for (const key of keys) {
      const row = this.get(key);
      if (row !== undefined) found.set(key, row);
    }
    return found;
  }

  query(query: RowQuery): readonly KeyedRow<Row>[] {
    const { index, value, afterKey } = query;
    // The first key there can be after another one is that one and a NUL.
    const from = afterKey === undefined ? '' : `${afterKey}\0`;
    const stored = this.#statements.query.all(this.name, index, value, from, rowLimitOf(query));
    return stored.map(({ key, row }) => ({ key, row: this.#kept.decoded(key, row) }));
  }

  checkpoint(): Position | undefined {
    const stored = this.#statements.checkpoint.get(this.name);
    return stored === undefined || stored === null ? undefined : parsePosition(stored);
  }

  moveTo(checkpoint: Position): void {
    this.#statements.moveTo.run(positionToString(checkpoint), this.name);
  }

  /**
   * What has to be written for these rows; what a row can't be encoded by is thrown here, before anything is written. Of
   * the rows in `before` it is known that they are there now.
   */
  encode(
    rows: ReadonlyMap<string, Row | undefined>,
    before: ReadonlyMap<string, Row> = new Map(),
  ): readonly EncodedRow<Row>[] {
    return Array.from(rows, ([key, row]) => {
      if (row === undefined) return { key, row, text: undefined, indexed: [] };
      const [indexed, earlier] = [this.#entriesOf(row), this.#entriesOf(before.get(key))];
      const isSame = before.has(key) && JSON.stringify(indexed) === JSON.stringify(earlier);
      return {
        key,
        row,
        text: JSON.stringify(this.#definition.rows.encode(row)),
        indexed: isSame ? undefined : indexed,
      };
    });
  }

  #entriesOf(row: Row | undefined): readonly IndexEntry[] {
    return row === undefined ? [] : Object.entries(this.#definition.index?.(row) ?? {});
  }

  /** In a transaction of a write: should that be taken back, what is kept of it is, too. */
  write(rows: readonly EncodedRow<Row>[]): void {
    if (rows.length === 0) return;
    const model = this.#statements.idOf.get(this.name);
    if (model === undefined) throw new RebuildSuperseded({ model: this.name });
    for (const row of rows) this.#writeRow(model, row);
  }

  /** Takes a step, if the checkpoint is where the step expects it. @throws CheckpointConflict */
  step({ expected, checkpoint, rows }: ReadModelChange<Row>): void {
    if (this.#statements.idOf.get(this.name) === undefined) throw new RebuildSuperseded({ model: this.name });
    const actual = this.checkpoint();
    if (actual !== expected) throw new CheckpointConflict({ model: this.name, expected, actual });
    this.write(this.encode(rows));
    this.moveTo(checkpoint);
  }

  /** @throws CheckpointConflict when these rows are further than that. */
  refuseBeyond(checkpoint: Position): void {
    const actual = this.checkpoint();
    if (actual !== undefined && laterPosition(actual, checkpoint) !== checkpoint) {
      throw new CheckpointConflict({ model: this.name, expected: checkpoint, actual });
    }
  }

  #writeRow(model: number, { key, row, text, indexed }: EncodedRow<Row>): void {
    if (this.#definition.index !== undefined && indexed !== undefined) this.#statements.dropIndex.run(model, key);
    if (text === undefined) this.#statements.drop.run(model, key);
    else this.#statements.put.run(model, key, text);
    for (const [name, value] of indexed ?? []) this.#statements.index.run(model, key, name, value);
    this.#kept.written(key, row, text);
  }
}
