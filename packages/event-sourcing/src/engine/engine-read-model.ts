import { throwIfExpired, type WaitOptions } from '../deadline.js';
import { Fault } from '../fault.js';
import { isFault } from '../is-fault.js';
import type {
  KeyedRow,
  ReadModel,
  ReadModelChange,
  RebuildingModel,
  RowCount,
  RowQuery,
  RowsAt,
} from '../projections/read-model-store.js';
import { rowLimitOf } from '../projections/row-query.js';
import { encodedRows } from '../store/stored-row.js';
import type { Backend, FoundRows, WantedRows } from './backend.js';
import { laterPosition, START, type Position } from '../streams/position.js';
import type { GuardedBackend } from './guarded-backend.js';
import { catchUpToHead } from './current-models.js';
import { AnswerLost, type Transaction } from './log-backend.js';
import type { OpenedModel } from './opened-model.js';
import type { ModelPlan, MoreToLookUp, Plan, Planned } from './plan.js';
import type { RowReader } from './row-reader.js';
import { SeenRows } from './seen-rows.js';
import { NO_QUESTION, targetName, type Found, type FoundModel, type ModelTarget, type Question } from './view.js';

/** How often a waiting reader checks for changes when it gets no notification. */
const POLL_MS = 1000;

/** The parts of a read model. */
export interface ReadModelParts {
  readonly guarded: GuardedBackend<Backend>;
  readonly opened: OpenedModel;
  readonly reader: RowReader;
  /** Creates a reader without a shared cache, for rows that are read once. */
  readonly freshReader: () => RowReader;
  /** Where the events are: in this backend, so that each look-up also returns the head; or in another one. */
  readonly events: 'here' | 'elsewhere';
  /** The number of writes through this store. */
  readonly writeCount: () => number;
  /** Call it after a write of rows outside of appends, so that caches are cleared. */
  readonly noteWrite: () => void;
}

/** Reads and writes the rows of one projection in a backend. */
export class EngineReadModel<Row> implements ReadModel<Row> {
  protected readonly parts: ReadModelParts;
  protected readonly target: ModelTarget;
  readonly #seen = new SeenRows<Row>();

  constructor(parts: ReadModelParts, target: ModelTarget) {
    this.parts = parts;
    this.target = target;
  }

  async read(keys: readonly string[], wait?: WaitOptions): Promise<RowsAt<ReadonlyMap<string, Row>>> {
    const { guarded, writeCount } = this.parts;
    const { backend } = guarded;
    throwIfExpired('a call of a read model', wait);
    const known = this.#seen.rowsOf(keys, {
      writeCount: writeCount(),
      isCurrent: (token) => !guarded.isClosed && backend.isCurrent?.(token) === true,
    });
    if (known !== undefined) return this.#withHead(known);
    const before = writeCount();
    const { head, models, token } = await guarded.call(wait, () => backend.look(this.question(keys), wait));
    const model = models.get(targetName(this.target));
    // Without this check, a missing shadow would look like one without rows.
    if (model === undefined && this.target.shadow !== undefined) throw this.superseded();
    const rows = new Map<string, Row>();
    for (const key of keys) {
      const stored = model?.rows.get(key);
      if (stored !== undefined) rows.set(key, this.#row(key, stored));
    }
    const found = { checkpoint: model?.checkpoint, head, rows };
    if (backend.isCurrent !== undefined) this.#seen.add(keys, found, { token, writeCount: before });
    return this.#withHead(found);
  }

  async query(query: RowQuery, wait?: WaitOptions): Promise<RowsAt<readonly KeyedRow<Row>[]>> {
    const { rows, ...at } = await this.#queryBackend({ ...query, limit: rowLimitOf(query), wanted: 'rows' }, wait);
    return this.#withHead({ ...at, rows: rows.map(({ key, row }) => ({ key, row: this.#row(key, row) })) });
  }

  async keys(query: RowQuery, wait?: WaitOptions): Promise<RowsAt<readonly string[]>> {
    const { rows, ...at } = await this.#queryBackend({ ...query, limit: rowLimitOf(query), wanted: 'keys' }, wait);
    return this.#withHead({ ...at, rows: rows.map(({ key }) => key) });
  }

  async count(query: RowCount, wait?: WaitOptions): Promise<RowsAt<number>> {
    const { count = 0, ...at } = await this.#queryBackend({ ...query, wanted: 'count' }, wait);
    return this.#withHead({ ...at, rows: count });
  }

  async checkpoint(wait?: WaitOptions): Promise<Position | undefined> {
    return (await this.read([], wait)).checkpoint;
  }

  async commit(change: ReadModelChange<Row>, wait?: WaitOptions): Promise<void> {
    try {
      await this.transact({
        ...wait,
        writes: 'rows',
        question: { ...this.question([]), events: this.eventsToCheck(change) },
        plan: (found) => planOf(found, [this.step(this.requiredModel(found), change)]),
      });
    } catch (caught) {
      if (this.target.shadow !== undefined || !isFault(caught, 'rebuild-superseded')) throw caught;
      // The store was restored from a backup that does not have this read model. It is created again, and the conflict
      // (`actual: undefined`) makes its runner start at the first event.
      const { guarded, opened } = this.parts;
      await guarded.call(wait, (backend) => backend.openModel(opened.name, wait));
      throw new Fault('checkpoint-conflict', { model: opened.name, expected: change.expected, actual: undefined });
    }
  }

  changed(signal: AbortSignal): Promise<void> {
    return this.parts.guarded.changed(signal, POLL_MS);
  }

  async beginRebuild(wait?: WaitOptions): Promise<RebuildingModel<Row>> {
    const { guarded, opened, freshReader } = this.parts;
    const shadow = await guarded.call(wait, (backend) => backend.beginShadow(opened.name, wait));
    return new EngineShadowModel({ ...this.parts, reader: freshReader() }, { name: opened.name, shadow });
  }

  /** The events a step is based on. Only a backend with the events can check them. */
  protected eventsToCheck({ basedOn }: ReadModelChange<Row>): readonly Position[] | undefined {
    return this.parts.events === 'here' ? basedOn : undefined;
  }

  protected question(keys: readonly string[]): Question {
    return { ...NO_QUESTION, models: [{ target: this.target, keys }] };
  }

  /** Writes a step (rows and a checkpoint). After a connection failure, checks whether it was committed. */
  protected async transact(transaction: Transaction<undefined>): Promise<void> {
    const { guarded, noteWrite } = this.parts;
    throwIfExpired('a step of a read model', transaction);
    let sent: Plan | undefined;
    try {
      const plan: typeof transaction.plan = (found) => {
        const planned = transaction.plan(found);
        if ('plan' in planned) sent = planned.plan;
        return planned;
      };
      await guarded.call(undefined, (backend) => backend.transact({ ...transaction, plan }));
    } catch (caught) {
      if (!(caught instanceof AnswerLost)) throw caught;
      if (sent === undefined || !(await guarded.backend.findWritten(sent))) throw caught.fault;
    } finally {
      noteWrite();
    }
  }

  /**
   * The read model in a look-up's result.
   *
   * @throws PositionUnknown when the log lacks a requested event.
   * @throws RebuildSuperseded when the read model no longer exists.
   */
  protected requiredModel(found: Found): FoundModel {
    const { missing, head } = found;
    if (missing !== undefined) throw new Fault('position-unknown', { position: missing, head });
    const model = found.models.get(targetName(this.target));
    if (model === undefined) throw this.superseded();
    return model;
  }

  protected superseded(): Fault<'rebuild-superseded'> {
    return new Fault('rebuild-superseded', { model: this.parts.opened.name });
  }

  /** Plans a step. @throws CheckpointConflict when the rows are not at the checkpoint the step expects. */
  protected step({ id, checkpoint: actual }: FoundModel, change: ReadModelChange<Row>): ModelPlan {
    const { expected, checkpoint } = change;
    if (actual !== expected)
      throw new Fault('checkpoint-conflict', { model: this.parts.opened.name, expected, actual });
    return { id, rows: this.encoded(change.rows), checkpoint, expected: { checkpoint: expected } };
  }

  protected encoded(rows: ReadonlyMap<string, Row | undefined>): ModelPlan['rows'] {
    const { opened, guarded } = this.parts;
    return encodedRows<unknown>(opened.projection, rows, { form: guarded.backend.form });
  }

  #queryBackend(query: WantedRows, wait?: WaitOptions): Promise<FoundRows> {
    return this.parts.guarded.call(wait, (backend) => backend.query(this.target, query, wait));
  }

  /** Omits the head when the events are in another backend. */
  #withHead<Rows>({ head, ...found }: Required<RowsAt<Rows>>): RowsAt<Rows> {
    return this.parts.events === 'here' ? { ...found, head } : found;
  }

  // A read model's name determines the type of its rows.
  #row(key: string, stored: unknown): Row {
    return this.parts.reader.read(key, stored) as Row;
  }
}

/** The shadow read model of a rebuild. */
class EngineShadowModel<Row> extends EngineReadModel<Row> implements RebuildingModel<Row> {
  /**
   * Replaces the live rows by the shadow. The same transaction reduces the events since the last step; otherwise a
   * rebuild under load would never end.
   */
  async switchOver(change: ReadModelChange<Row>, wait?: WaitOptions): Promise<void> {
    const { name } = this.parts.opened;
    await this.transact({
      ...wait,
      writes: 'rows',
      question: {
        ...NO_QUESTION,
        events: this.eventsToCheck(change),
        models: [
          { target: this.target, keys: [] },
          { target: { name }, keys: [] },
        ],
      },
      plan: (found) => this.#planned(found, change),
    });
  }

  #planned(found: Found, change: ReadModelChange<Row>): Planned<undefined> | MoreToLookUp {
    const { opened, reader, guarded } = this.parts;
    const { form } = guarded.backend;
    const shadow = this.requiredModel(found);
    const step = this.step(shadow, change);
    const overlay = { checkpoint: change.checkpoint, rows: change.rows };
    const caughtUp = catchUpToHead(found, { opened, reader, form, target: this.target, overlay });
    if (caughtUp.kind === 'look') return { question: { ...NO_QUESTION, models: [caughtUp.question] } };
    const isCurrent = caughtUp.kind === 'current';
    const checkpoint = isCurrent ? laterPosition(found.head, change.checkpoint) : change.checkpoint;
    const live = found.models.get(opened.name)?.checkpoint ?? START;
    // Live rows that are newer are not replaced, unless their checkpoint is no longer in the log.
    if (live > checkpoint && live !== change.lostCheckpoint)
      throw new Fault('checkpoint-conflict', { model: opened.name, expected: checkpoint, actual: live });
    const rows = new Map(step.rows.map((row) => [row.key, row]));
    if (isCurrent) for (const row of caughtUp.model.catchUpRows ?? []) rows.set(row.key, row);
    const plan = { ...step, rows: [...rows.values()], checkpoint };
    return planOf(found, [plan], { name: opened.name, shadow: shadow.id });
  }
}

function planOf({ head }: Found, models: readonly ModelPlan[], promoted?: Plan['promoted']): Planned<undefined> {
  const plan = { headBefore: head, head, appends: [], inline: [], models };
  return { plan: promoted === undefined ? plan : { ...plan, promoted }, result: undefined };
}
