import { Deadline, type WaitOptions } from '../values/deadline.js';
import type {
  CaughtUp,
  LastStep,
  ReadModel,
  ReadModelChange,
  RebuildingModel,
  RowCount,
  RowQuery,
  RowsAt,
} from '../models/read-model-store.js';
import type { KeyedRow } from '../models/projection.js';
import { demandKeys, rowLimitOf, wantedCount } from '../models/row-query.js';
import type { Position } from '../values/position.js';
import type { FoundRows, WantedRows } from './backend.js';
import { ModelSteps, supersededFault, type ReadModelParts } from './model-steps.js';
import { OpenedModel } from './opened-model.js';
import { NO_QUESTION, modelIn, type ModelTarget, type Question } from './plan.js';

/** Where rows stand. */
type At = Omit<RowsAt<never>, 'rows'>;

/** How often `changed` checks for changes when it gets no notification. */
const POLL_MS = 1000;

/** The rows of one projection in a backend. They are moved in steps ({@link ModelSteps}). */
export class EngineReadModel<Row> implements ReadModel<Row> {
  protected readonly parts: ReadModelParts;
  protected readonly steps: ModelSteps<Row>;
  readonly #target: ModelTarget;

  constructor(parts: ReadModelParts) {
    this.parts = parts;
    this.steps = new ModelSteps(parts);
    this.#target = parts.opened.target;
  }

  async read(keys: readonly string[], wait?: WaitOptions): Promise<RowsAt<ReadonlyMap<string, Row>>> {
    const { guarded, writer } = this.parts;
    const { backend } = guarded;
    demandKeys(keys);
    Deadline.throwIfExpired('a call of a read model', wait);
    const isCurrent = (token: unknown): boolean => !guarded.isClosed && backend.isCurrent?.(token) === true;
    const cached = writer?.cache.rowsOf(this.parts.opened, keys, isCurrent);
    if (cached !== undefined)
      return { head: cached.head, checkpoint: cached.head, rows: this.#present(keys, cached.rows) };
    // Taken before the look-up, so that a write during it keeps the rows out of the cache.
    const writeCount = writer?.cache.writeCount ?? 0;
    const answer = await guarded.call(wait, () => backend.lookUp(this.#questionFor(keys), wait));
    const model = modelIn(answer, this.#target);
    // A missing live read model has no rows yet. A missing shadow was discarded by a later rebuild.
    if (model === undefined && this.#target.shadow !== undefined) throw supersededFault(this.parts.opened.name);
    const damaged: string[] = [];
    const decode = (key: string): Row =>
      this.#decode(key, model?.rows.get(key), () => {
        damaged.push(key);
      });
    const rows = new Map(keys.map((key) => [key, decode(key)]));
    // An append must meet the stored row itself.
    if (backend.isCurrent !== undefined && damaged.length === 0)
      writer?.cache.noteRead(this.parts.opened, answer, { rows, writeCount });
    return { ...this.#at(answer.head, model?.checkpoint), rows: this.#present(keys, rows) };
  }

  /** The rows that exist. */
  #present(keys: readonly string[], found: ReadonlyMap<string, unknown>): ReadonlyMap<string, Row> {
    const rows = new Map<string, Row>();
    for (const key of keys) {
      const row = found.get(key);
      // The cast holds because the rows under a read model's name were all written by its projection.
      if (row !== undefined) rows.set(key, row as Row);
    }
    return rows;
  }

  async query(query: RowQuery, wait?: WaitOptions): Promise<RowsAt<readonly KeyedRow<Row>[]>> {
    const { at, rows } = await this.#find({ ...query, limit: rowLimitOf(query), wanted: 'rows' }, wait);
    return { ...at, rows: rows.map(({ key, row }) => ({ key, row: this.#decode(key, row) })) };
  }

  async keys(query: RowQuery, wait?: WaitOptions): Promise<RowsAt<readonly string[]>> {
    const { at, rows } = await this.#find({ ...query, limit: rowLimitOf(query), wanted: 'keys' }, wait);
    return { ...at, rows: rows.map(({ key }) => key) };
  }

  async count(query: RowCount, wait?: WaitOptions): Promise<RowsAt<number>> {
    const { at, count = 0 } = await this.#find(wantedCount(query), wait);
    return { ...at, rows: count };
  }

  async checkpoint(wait?: WaitOptions): Promise<Position | undefined> {
    return (await this.read([], wait)).checkpoint;
  }

  commit(change: ReadModelChange<Row>, wait?: WaitOptions): Promise<void> {
    return this.steps.commit(change, wait);
  }

  catchUp(atMost: number, wait?: WaitOptions): Promise<CaughtUp> {
    return this.steps.catchUp(atMost, wait);
  }

  changed(signal: AbortSignal): Promise<void> {
    return this.parts.guarded.changed(signal, POLL_MS);
  }

  async beginRebuild(wait?: WaitOptions): Promise<RebuildingModel<Row>> {
    const { guarded, opened } = this.parts;
    const shadow = await guarded.call(wait, (backend) => backend.beginShadow(opened.name, wait));
    const rebuilt = new OpenedModel(opened.projection, opened.rows.forRebuild(), shadow);
    return new EngineShadowModel({ ...this.parts, opened: rebuilt });
  }

  #questionFor(keys: readonly string[]): Question {
    return { ...NO_QUESTION, models: [{ target: this.#target, keys }] };
  }

  async #find(query: WantedRows, wait?: WaitOptions): Promise<Pick<FoundRows, 'rows' | 'count'> & { readonly at: At }> {
    const { head, checkpoint, ...found } = await this.parts.guarded.call(wait, (backend) =>
      backend.query(this.#target, query, wait),
    );
    return { at: this.#at(head, checkpoint), ...found };
  }

  /** Without the head when the events are in another backend. */
  #at(head: Position, checkpoint: Position | undefined): At {
    return this.parts.writer === undefined ? { checkpoint } : { checkpoint, head };
  }

  #decode(key: string, stored: unknown, onDamage?: () => void): Row {
    // The cast holds because the rows under a read model's name were all written by its projection.
    return this.parts.opened.decode(key, stored, onDamage) as Row;
  }
}

/** The shadow of a rebuild: a second set of rows, which no reader sees until it replaces the live rows. */
class EngineShadowModel<Row> extends EngineReadModel<Row> implements RebuildingModel<Row> {
  promote(change: ReadModelChange<Row>, wait?: WaitOptions): Promise<void> {
    return this.steps.promote(change, wait);
  }

  promoteAtHead(step: LastStep, wait?: WaitOptions): Promise<CaughtUp> {
    return this.steps.stepBeside(step, wait);
  }
}
