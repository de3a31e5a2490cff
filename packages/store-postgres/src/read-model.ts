import { START, type Position, type Projection } from '@login-policy/event-sourcing';
import {
  encodedRows,
  modelName,
  RebuildSuperseded,
  type KeyedRow,
  type ReadModel,
  type ReadModelChange,
  type EventShape,
  type RebuildingModel,
  type RowCount,
  type RowQuery,
  type RowsAt,
  KeptRows,
  type WaitOptions,
} from '@login-policy/event-sourcing/store';
import type { Cell, Cells } from './queries.js';
import { digest } from './names.js';
import type { ReadModelParts } from './read-models.js';
import { CHECKPOINT, HEAD, HEAD_PLACED, MARKER } from './checkpoints.js';
import { beginRebuild, promote, type Copy } from './rebuild.js';
import { positionIn } from './positions.js';
import { entryOf, REPLACED, keyBytes, keyOfHex } from './row-changes.js';
import { lookUp } from './index-entries.js';
import { STEP_PARAMETERS, stepRefusal, stepValues } from './steps.js';
import { text } from './rows.js';

const LOOKED_AGAIN_MS = 1000;

/** Which of the read models of a name is meant: a condition of the table `m`, and the parameter in it. */
export interface Target {
  readonly condition: string;
  readonly parameter: string;
  /** Whether it is the copy of a rebuild: gone, it was superseded. */
  readonly isCopy?: boolean;
}

/** Rows as one statement finds them, with the head of that moment. */
type Found<Rows> = Required<RowsAt<Rows>>;

/** The rows of one read model, found anew in every statement: a rebuild may have taken their place. */
abstract class StoredReadModel<Row> implements ReadModel<Row> {
  protected readonly parts: ReadModelParts;
  protected readonly definition: Projection<EventShape, Row>;
  readonly #target: Target;
  readonly #kept: KeptRows<Row>;
  /** Made once: a text of this length costs as much to put together as the rest of a read. */
  readonly #byKeys: string;
  readonly #takeStep: string;

  constructor(parts: ReadModelParts, definition: Projection<EventShape, Row>, target: Target) {
    this.parts = parts;
    this.definition = definition;
    this.#target = target;
    this.#kept = new KeptRows(definition, parts.connection.name, target.isCopy === true ? 0 : undefined);
    this.#byKeys = this.#lookStatement(
      `SELECT r.key, r.content FROM {schema}.read_model_rows AS r WHERE r.model = m.model AND r.digest = ANY ($2::bytea[])`,
    );
    this.#takeStep = this.#filledIn(
      `SELECT {schema}.take_step_v10((SELECT m.model FROM {schema}.read_models AS m WHERE {condition}), ${STEP_PARAMETERS})`,
    );
  }

  async read(keys: readonly string[], wait?: WaitOptions): Promise<RowsAt<ReadonlyMap<string, Row>>> {
    this.parts.refuseCall(wait);
    const digests = keys.map((key) => digest(keyBytes(key)));
    const { checkpoint, head, rows } = await this.#look(this.#byKeys, [digests], wait);
    return { checkpoint, head, rows: new Map(rows.map(({ key, row }) => [key, row])) };
  }

  async query(asked: RowQuery, wait?: WaitOptions): Promise<RowsAt<readonly KeyedRow<Row>[]>> {
    this.parts.refuseCall(wait);
    const rows = 'JOIN {schema}.read_model_rows AS r ON r.model = e.model AND r.digest = e.digest';
    const [statement, values] = lookUp(asked, 'r.content', rows);
    return this.#look(this.#lookStatement(statement), values, wait);
  }

  async keys(asked: RowQuery, wait?: WaitOptions): Promise<RowsAt<readonly string[]>> {
    this.parts.refuseCall(wait);
    const [statement, values] = lookUp(asked, 'NULL AS content', '');
    const { checkpoint, head, rows } = await this.#found(this.#lookStatement(statement), values, wait);
    return { checkpoint, head, rows: rows.map((cells) => keyOfHex(text(cells[1]))) };
  }

  async count({ index, value }: RowCount, wait?: WaitOptions): Promise<RowsAt<number>> {
    this.parts.refuseCall(wait);
    const counted = `SELECT ''::bytea AS key, count(*) AS content FROM {schema}.read_model_entries AS e
      WHERE e.model = m.model AND e.entry = $2`;
    const found = await this.#found(this.#lookStatement(counted), [entryOf(index, value)], wait);
    return { ...found, rows: Number(found.rows[0]?.[2] ?? 0) };
  }

  async checkpoint(wait?: WaitOptions): Promise<Position | undefined> {
    this.parts.refuseCall(wait);
    const [row] = await this.#read(
      this.#filledIn(
        `SELECT ${CHECKPOINT} FROM {schema}.read_models AS m LEFT JOIN ${HEAD} AS head ON true LEFT JOIN ${MARKER} ON true WHERE {condition}`,
      ),
      [],
      wait,
    );
    if (row === undefined) this.#refuseGoneCopy();
    return positionIn(row?.[0]);
  }

  async commit(change: ReadModelChange<Row>, wait?: WaitOptions): Promise<void> {
    this.parts.refuseCall(wait);
    const { connection } = this.parts;
    const step = stepValues({ ...change, rows: encodedRows(this.definition, change.rows) }, this.slices);
    const values = [this.#target.parameter, ...step];
    const [[refused = null] = []] = await connection.faulty(() => connection.call(this.#takeStep, values));
    if (refused !== null) throw this.#refusalOf(change, refused);
    this.parts.watch.notify();
  }

  /** How many slices were written before, where only one writes them. */
  protected get slices(): number | undefined {
    return undefined;
  }

  async changed(signal: AbortSignal): Promise<void> {
    await this.parts.watch.changed(signal, LOOKED_AGAIN_MS);
  }

  async beginRebuild(wait?: WaitOptions): Promise<RebuildingModel<Row>> {
    this.parts.refuseCall(wait);
    const copy = await beginRebuild(this.parts, this.definition);
    return new RebuildingReadModel(this.parts, this.definition, copy);
  }

  #refuseGoneCopy(): void {
    if (this.#target.isCopy === true) throw new RebuildSuperseded({ model: modelName(this.definition) });
  }

  #refusalOf(change: ReadModelChange<Row>, refused: string): Error {
    if (refused === REPLACED) this.#refuseGoneCopy();
    return stepRefusal(refused, { ...change, projection: this.definition, store: this.parts.connection.name });
  }

  /** Rows and checkpoint by one statement: what it sees is of one moment. The first column is the checkpoint, the same in each row. */
  #lookStatement(rows: string): string {
    return this.#filledIn(
      `SELECT marker.placed, encode(found.key, 'hex'), found.content::text, ${HEAD_PLACED}
       FROM {schema}.read_models AS m LEFT JOIN ${HEAD} AS head ON true LEFT JOIN ${MARKER} ON true LEFT JOIN LATERAL (${rows}) AS found ON true
       WHERE {condition}`,
    );
  }

  async #found(
    statement: string,
    values: readonly unknown[],
    wait: WaitOptions | undefined,
  ): Promise<Found<readonly Cells[]>> {
    const found = await this.#read(statement, values, wait);
    if (found.length === 0) return this.#goneRows(wait);
    const [[placed, , , end] = []] = found;
    const head = positionIn(end) ?? START;
    const isKnown = placed === end || end === null || (await this.#isInLog(placed, wait));
    const checkpoint = placed === end && head !== START ? head : positionIn(isKnown ? placed : null);
    // Without a checkpoint in this log they are of another history, and count for nothing.
    const rows = checkpoint === undefined ? [] : found.filter(([, key]) => key !== null);
    return { checkpoint, head, rows };
  }

  /** Rows that are not at the head are asked for it once more: whether their checkpoint is an event of this log. */
  async #isInLog(placed: Cell | undefined, wait: WaitOptions | undefined): Promise<boolean> {
    if (placed === null || placed === undefined || placed === '0') return true;
    const [place = '', id] = placed.split(' ');
    if (id === undefined) return false;
    const statement = this.#filledIn('SELECT 1 FROM {schema}.events WHERE position = $1 AND id = $2');
    return (await this.parts.connection.read(statement, [place, id], wait)).length > 0;
  }

  /** Of a read model that is gone, as one that a dump does not have: it is behind, and whoever follows makes it anew. */
  async #goneRows(wait: WaitOptions | undefined): Promise<Found<readonly Cells[]>> {
    this.#refuseGoneCopy();
    const [[end] = []] = await this.parts.connection.read(
      this.#filledIn(`SELECT ${HEAD_PLACED} FROM ${HEAD} AS head`),
      [],
      wait,
    );
    return { checkpoint: undefined, head: positionIn(end) ?? START, rows: [] };
  }

  async #look(
    statement: string,
    values: readonly unknown[],
    wait: WaitOptions | undefined,
  ): Promise<Found<readonly KeyedRow<Row>[]>> {
    const { checkpoint, head, rows } = await this.#found(statement, values, wait);
    return { checkpoint, head, rows: rows.map((cells) => this.#rowOf(cells)) };
  }

  #read(statement: string, values: readonly unknown[], wait: WaitOptions | undefined): Promise<readonly Cells[]> {
    return this.parts.connection.read(statement, [this.#target.parameter, ...values], wait);
  }

  #filledIn(statement: string): string {
    const { quoted } = this.parts.schema;
    return statement.replaceAll('{condition}', () => this.#target.condition).replaceAll('{schema}', () => quoted);
  }

  #rowOf(cells: Cells): KeyedRow<Row> {
    const key = keyOfHex(text(cells[1]));
    return { key, row: this.#kept.decoded(key, text(cells[2])) };
  }
}

/** The read model that readers see. */
export class LiveReadModel<Row> extends StoredReadModel<Row> {
  constructor(parts: ReadModelParts, definition: Projection<EventShape, Row>, name: string) {
    super(parts, definition, { condition: `m.name = $1 AND m.stage = 'live'`, parameter: name });
  }
}

/** The copy that a rebuild fills: by one process, which knows how many slices it has written. */
export class RebuildingReadModel<Row> extends StoredReadModel<Row> implements RebuildingModel<Row> {
  readonly #copy: Copy;
  #slices = 0;

  constructor(parts: ReadModelParts, definition: Projection<EventShape, Row>, copy: Copy) {
    super(parts, definition, {
      condition: `m.model = $1::bigint AND m.stage <> 'replaced'`,
      parameter: copy.model,
      isCopy: true,
    });
    this.#copy = copy;
  }

  protected override get slices(): number {
    return this.#slices;
  }

  override async commit(change: ReadModelChange<Row>, wait?: WaitOptions): Promise<void> {
    await super.commit(change, wait);
    this.#slices += 1;
  }

  async switchOver(change: ReadModelChange<Row>, wait?: WaitOptions): Promise<void> {
    this.parts.refuseCall(wait);
    const step = { ...change, rows: encodedRows(this.definition, change.rows), slices: this.#slices };
    await promote(this.parts, this.#copy, step);
    this.parts.watch.notify();
  }
}
