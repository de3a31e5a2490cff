import { randomUUID } from 'node:crypto';
import { laterPosition, parsePosition, positionToString, type Position } from '@login-policy/event-sourcing';
import {
  CheckpointConflict,
  encodedRows,
  modelName,
  RebuildSuperseded,
  rowLimitOf,
  type EncodedRow,
  type KeyedRow,
  type ReadModelChange,
  type ReadModelDefinition,
  type RowQuery,
  KeptRows,
} from '@login-policy/event-sourcing/store';
import type { Database } from './database.js';
import { positionAt } from './positions.js';
import { modelStatements, REPLACED, type ModelStatements } from './model-statements.js';

/** The tables of all read models in one file. */
export class ModelTables {
  readonly #database: Database;
  readonly #statements: ModelStatements;
  /** By the names of read models, each of which stands for the type of its rows. */
  readonly #kept = new Map<string, KeptRows<unknown>>();

  constructor(database: Database) {
    this.#database = database;
    this.#statements = modelStatements(database);
    database.onForeignChange(() => this.#renew());
  }

  /** The rows of a projection's live read model, made when they are not there. Needs no transaction of its own. */
  rowsOf<Row>(definition: ReadModelDefinition<Row>, name: string = modelName(definition)): ModelRows<Row> {
    this.#statements.make.run(name);
    return this.rowsAsTheyAre(definition, name);
  }

  /** The same without making them: there may be none. */
  rowsAsTheyAre<Row>(definition: ReadModelDefinition<Row>, name: string = modelName(definition)): ModelRows<Row> {
    // Of a copy that is being filled, each row is written about once, and read by nobody.
    const most = name === modelName(definition) ? undefined : 0;
    const kept = this.#kept.get(name) ?? new KeptRows(definition, this.#database.name, most);
    if (most === undefined) this.#kept.set(name, kept);
    return new ModelRows(this.#statements, definition, { name, kept: kept as KeptRows<Row> });
  }

  /** Retires every copy that a rebuild of this read model left, and makes a name that none ever had. */
  freshCopyOf(name: string): string {
    const copies = this.#database.prepare<[string], string>('SELECT name FROM models WHERE name GLOB ?').pluck();
    for (const copy of copies.all(`${name}.rebuilding.*`)) this.#retire(copy);
    return `${name}.rebuilding.${randomUUID()}`;
  }

  /** Writes down how far the rows of a read model are: of one that the last event does not name, that is where they are. */
  moveTo(model: number, checkpoint: Position): void {
    this.#statements.moveTo.run(positionToString(checkpoint), model);
  }

  /** Puts one read model in the place of another, which is left for {@link sweep}. */
  replace(name: string, by: string): void {
    this.#retire(name);
    this.#statements.rename.run(name, by);
  }

  /** Takes away some rows of what was replaced; `false` when nothing was left of it. */
  sweep(): boolean {
    const model = this.#statements.replaced.get();
    if (model === undefined) return false;
    const swept = [this.#statements.sweepRows, this.#statements.sweepIndex].map((statement) =>
      Number(statement.run(model, model).changes),
    );
    if (swept.every((count) => count === 0)) this.#statements.dropModel.run(model);
    return true;
  }

  /** Nobody reads it from now on. */
  #retire(name: string): void {
    this.#kept.get(name)?.renew();
    this.#statements.rename.run(`${REPLACED}${randomUUID()}`, name);
  }

  #renew(): void {
    for (const kept of this.#kept.values()) kept.renew();
  }
}

/** The number of a read model, and how far its rows are. */
export interface ModelPlace {
  readonly model: number;
  readonly checkpoint: Position | undefined;
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
    const stored = this.#statements.query.all(this.name, ...askedIn(query));
    return stored.map(({ key, row }) => ({ key, row: this.#kept.decoded(key, row) }));
  }

  keys(query: RowQuery): readonly string[] {
    return this.#statements.keys.all(this.name, ...askedIn(query));
  }

  checkpoint(): Position | undefined {
    return this.place()?.checkpoint;
  }

  /** How far the rows are: to the last event, if its transaction kept them, else to where they were left. */
  place(): ModelPlace | undefined {
    const found = this.#statements.place.get(this.name);
    if (found === undefined) return undefined;
    const [model, leftAt, place, id, kept] = found;
    if (place !== null && isKept(model, kept)) return { model, checkpoint: positionAt([place, id], this.#kept.store) };
    return { model, checkpoint: leftAt === null ? undefined : parsePosition(leftAt) };
  }

  /** Takes rows to a place, in a transaction of a write: should that be taken back, what is kept of them is, too. */
  bring(model: number, rows: readonly EncodedRow<Row>[], checkpoint: Position): void {
    this.write(model, rows);
    this.#statements.moveTo.run(positionToString(checkpoint), model);
  }

  /** What has to be written for these rows, of which `before` answers with those that are there now. */
  encode(
    rows: ReadonlyMap<string, Row | undefined>,
    before?: (key: string) => Row | undefined,
  ): readonly EncodedRow<Row>[] {
    return encodedRows(this.#definition, rows, before && { before: (key) => ({ row: before(key) }) });
  }

  /** In a transaction of a write: should that be taken back, what is kept of it is, too. */
  write(model: number, rows: readonly EncodedRow<Row>[]): void {
    for (const row of rows) this.#writeRow(model, row);
  }

  /** Takes a step, if the checkpoint is where the step expects it. @throws CheckpointConflict */
  step({ expected, checkpoint, rows }: ReadModelChange<Row>): void {
    const at = this.place();
    if (at === undefined) throw new RebuildSuperseded({ model: this.name });
    const actual = at.checkpoint;
    if (actual !== expected) throw new CheckpointConflict({ model: this.name, expected, actual });
    this.bring(at.model, this.encode(rows), checkpoint);
  }

  /** @throws CheckpointConflict when these rows are further than that. */
  refuseBeyond(checkpoint: Position): void {
    const actual = this.checkpoint();
    if (actual !== undefined && laterPosition(actual, checkpoint) !== checkpoint) {
      throw new CheckpointConflict({ model: this.name, expected: checkpoint, actual });
    }
  }

  #writeRow(model: number, { key, row, text, indexed }: EncodedRow<Row>): void {
    if (indexed !== undefined) this.#statements.dropIndex.run(model, key);
    if (text === undefined) this.#statements.drop.run(model, key);
    else this.#statements.put.run(model, key, text);
    for (const [name, value] of indexed ?? []) this.#statements.index.run(model, key, name, value);
    this.#kept.written(key, row, text);
  }
}

/** Whether a read model is among those that an event says its transaction kept. */
export function isKept(model: number, kept: string | null): boolean {
  return kept !== null && kept.split(' ').includes(`${model}`);
}

function askedIn(query: RowQuery): [index: string, value: string, from: string, limit: number] {
  const { index, value, afterKey } = query;
  // The first key there can be after another one is that one and a NUL.
  return [index, value, afterKey === undefined ? '' : `${afterKey}\0`, rowLimitOf(query)];
}
