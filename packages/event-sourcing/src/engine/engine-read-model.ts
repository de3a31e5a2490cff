import { throwIfExpired, type WaitOptions } from '../deadline.js';
import { Fault } from '../fault.js';
import { isFault } from '../is-fault.js';
import type {
  CaughtUp,
  LastStep,
  ReadModel,
  ReadModelChange,
  RebuildingModel,
  RowCount,
  RowQuery,
  RowsAt,
} from '../projections/read-model-store.js';
import { type KeyedRow, rowKey } from '../projections/projection.js';
import { reducePage } from '../projections/reduce-page.js';
import { rowLimitOf, wantedCount } from '../projections/row-query.js';
import { encodedRows } from './stored-row.js';
import type { Backend, FoundRows, WantedRows } from './backend.js';
import { START, type Position } from '../streams/position.js';
import type { StreamId } from '../streams/stream-id.js';
import { AnswerLost, type Transaction } from './log-backend.js';
import { plannedSteps, type ModelPlan, type Planned } from './plan.js';
import type { GuardedBackend } from './guarded-backend.js';
import { OpenedModel } from './opened-model.js';
import { NO_QUESTION, modelIn, type Found, type FoundModel, type ModelTarget, type Question } from './view.js';
import type { Writer } from './writer.js';

/** What a read model works with. */
export interface ReadModelParts {
  /** The backend that stores the rows. It refuses calls after the store is closed. */
  readonly guarded: GuardedBackend<Backend>;
  readonly opened: OpenedModel;
  /** Writes the events of this backend. `undefined` where the events are in another one: no look-up returns the head. */
  readonly writer: Writer | undefined;
}

/** How often `changed` checks for changes when it gets no notification. */
const POLL_MS = 1000;

/**
 * Reads and writes the rows of one projection in a backend.
 *
 * The rows change in steps. In one transaction, a step writes rows and their checkpoint, which is the position up to
 * which the rows contain all events.
 */
export class EngineReadModel<Row> implements ReadModel<Row> {
  protected readonly parts: ReadModelParts;
  protected readonly target: ModelTarget;

  constructor(parts: ReadModelParts) {
    this.parts = parts;
    this.target = parts.opened.target;
  }

  async read(keys: readonly string[], wait?: WaitOptions): Promise<RowsAt<ReadonlyMap<string, Row>>> {
    const { guarded, writer } = this.parts;
    const { backend } = guarded;
    throwIfExpired('a call of a read model', wait);
    const isCurrent = (token: unknown): boolean => !guarded.isClosed && backend.isCurrent?.(token) === true;
    const cached = writer?.cache.rowsOf(this.parts.opened, keys, isCurrent);
    if (cached !== undefined)
      return { head: cached.head, checkpoint: cached.head, rows: this.#present(keys, cached.rows) };
    // Taken before the look-up, so that a write during it keeps the rows out of the cache.
    const writeCount = writer?.cache.writeCount ?? 0;
    const answer = await guarded.call(wait, () => backend.lookUp(this.questionFor(keys), wait));
    const model = modelIn(answer, this.target);
    // A missing live read model has no rows yet. A missing shadow was discarded by a later rebuild.
    if (model === undefined && this.target.shadow !== undefined) throw this.supersededFault();
    const rows = new Map(keys.map((key) => [key, this.parts.opened.rows.decode(key, model?.rows.get(key))]));
    if (backend.isCurrent !== undefined) writer?.cache.noteRead(this.parts.opened, answer, { rows, writeCount });
    const found = { checkpoint: model?.checkpoint, head: answer.head, rows: this.#present(keys, rows) };
    return this.#withoutForeignHead(found);
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
    const { rows, ...at } = await this.#queryBackend({ ...query, limit: rowLimitOf(query), wanted: 'rows' }, wait);
    const decoded = rows.map(({ key, row }) => ({ key, row: this.#decode(key, row) }));
    return this.#withoutForeignHead({ ...at, rows: decoded });
  }

  async keys(query: RowQuery, wait?: WaitOptions): Promise<RowsAt<readonly string[]>> {
    const { rows, ...at } = await this.#queryBackend({ ...query, limit: rowLimitOf(query), wanted: 'keys' }, wait);
    return this.#withoutForeignHead({ ...at, rows: rows.map(({ key }) => key) });
  }

  async count(query: RowCount, wait?: WaitOptions): Promise<RowsAt<number>> {
    const { count = 0, ...at } = await this.#queryBackend(wantedCount(query), wait);
    return this.#withoutForeignHead({ ...at, rows: count });
  }

  async checkpoint(wait?: WaitOptions): Promise<Position | undefined> {
    return (await this.read([], wait)).checkpoint;
  }

  async commit(change: ReadModelChange<Row>, wait?: WaitOptions): Promise<void> {
    try {
      await this.transact({
        signal: wait?.signal,
        writes: 'rows',
        question: { ...this.questionFor([]), events: this.eventsToCheck(change) },
        plan: (found) => plannedSteps(found.head, [this.planStep(this.requireModel(found), change)]),
      });
    } catch (caught) {
      if (!(await this.#isOpenedAgain(caught, wait))) throw caught;
      // `actual: undefined` tells the runner to start again at the first event.
      const { name: model } = this.parts.opened;
      throw new Fault('checkpoint-conflict', { model, expected: change.expected, actual: undefined });
    }
  }

  async catchUp(atMost: number, wait?: WaitOptions): Promise<CaughtUp> {
    try {
      return await this.stepBeside({ atMost }, wait);
    } catch (caught) {
      if (!(await this.#isOpenedAgain(caught, wait))) throw caught;
      return this.stepBeside({ atMost }, wait);
    }
  }

  /**
   * Reduces the next events after the checkpoint, and promotes a shadow that is then at the head. It runs in the critical
   * section of the writers, so the rows are at the head if no more than `atMost` events were missing.
   */
  protected async stepBeside(
    { atMost, basedOn, expected }: Pick<LastStep, 'atMost'> & Partial<LastStep>,
    wait: WaitOptions | undefined,
  ): Promise<CaughtUp> {
    const { projection, name } = this.parts.opened;
    const { shadow } = this.target;
    const keyOf = (streamId: StreamId): string => rowKey(projection, streamId);
    const unprocessed = { filter: projection.filter, atMost, keyOf };
    const { checkpoint, head, stopped } = await this.transact({
      signal: wait?.signal,
      writes: 'rows',
      question: { ...NO_QUESTION, events: basedOn, models: [{ target: this.target, keys: [], unprocessed }] },
      plan: (found) => {
        const model = this.requireModel(found);
        if (shadow !== undefined && model.checkpoint !== expected) throw this.#conflict(expected, model.checkpoint);
        const step = this.#stepFrom(model);
        const isPromoted = shadow !== undefined && step.checkpoint === found.head;
        const steps = step.checkpoint === model.checkpoint ? [] : [step.plan];
        const { plan } = plannedSteps(found.head, steps, isPromoted ? { name, shadow } : undefined);
        return { plan, result: { checkpoint: step.checkpoint, head: found.head, stopped: step.stopped } };
      },
    });
    if (stopped !== undefined) throw stopped;
    return { checkpoint, head };
  }

  /** The step over the events that were looked up with the read model. */
  #stepFrom({ id, checkpoint: reached, rows, unprocessed }: FoundModel): {
    readonly plan: ModelPlan;
    readonly checkpoint: Position;
    readonly stopped: Error | undefined;
  } {
    const { projection, name } = this.parts.opened;
    if (unprocessed === undefined) throw new TypeError(`the backend did not look up the events of ${name}`);
    const reduced = reducePage(projection, unprocessed.events, (key) => this.#decode(key, rows.get(key)));
    const { stopped, position = reached ?? START } = reduced;
    const checkpoint = stopped === undefined ? unprocessed.scannedUpTo : position;
    // The cast holds because the rows under a read model's name were all written by its projection.
    const changed = reduced.rows as ReadonlyMap<string, Row | undefined>;
    const plan = { id, rows: this.encode(changed), checkpoint, expected: reached };
    return { plan, checkpoint, stopped };
  }

  /** A live read model is missing after a restore from a backup without it: it is created again, without rows. */
  async #isOpenedAgain(caught: unknown, wait: WaitOptions | undefined): Promise<boolean> {
    if (this.target.shadow !== undefined || !isFault(caught, 'rebuild-superseded')) return false;
    const { guarded, opened } = this.parts;
    await guarded.call(wait, (backend) => backend.openModel(opened.name, wait));
    return true;
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

  /**
   * The positions of the events that a step is based on, so that the backend checks that its log has them. A backend
   * without events can't check them.
   */
  protected eventsToCheck({ basedOn }: ReadModelChange<Row>): readonly Position[] | undefined {
    return this.parts.writer === undefined ? undefined : basedOn;
  }

  protected questionFor(keys: readonly string[]): Question {
    return { ...NO_QUESTION, models: [{ target: this.target, keys }] };
  }

  /** Writes a step. If the answer to its transaction is lost, checks whether the step was committed. */
  protected async transact<Result>(transaction: Transaction<Result>): Promise<Result> {
    const { guarded, writer } = this.parts;
    throwIfExpired('a step of a read model', transaction);
    let sent: Planned<Result> | undefined;
    try {
      const plan = (found: Found): Planned<Result> => (sent = transaction.plan(found));
      return (await guarded.call(undefined, (backend) => backend.transact({ ...transaction, plan }))).result;
    } catch (caught) {
      if (!(caught instanceof AnswerLost)) throw caught;
      if (sent === undefined || !(await guarded.backend.findWritten(sent.plan))) throw caught.fault;
      return sent.result;
    } finally {
      writer?.cache.clear();
    }
  }

  /**
   * The read model in a look-up's result.
   *
   * @throws PositionUnknown when the log lacks a requested event.
   * @throws RebuildSuperseded when the target's rows do not exist. Steps of a live read model catch it.
   */
  protected requireModel(found: Found): FoundModel {
    const { missing, head } = found;
    if (missing !== undefined) throw new Fault('position-unknown', { position: missing, head });
    const model = modelIn(found, this.target);
    if (model === undefined) throw this.supersededFault();
    return model;
  }

  protected supersededFault(): Fault<'rebuild-superseded'> {
    return new Fault('rebuild-superseded', { model: this.parts.opened.name });
  }

  /** @throws CheckpointConflict, or StoreUnavailable for a shadow, when the checkpoint is not the expected one. */
  protected planStep({ id, checkpoint: actual }: FoundModel, change: ReadModelChange<Row>): ModelPlan {
    const { expected, checkpoint } = change;
    if (actual !== expected) throw this.#conflict(expected, actual);
    return { id, rows: this.encode(change.rows), checkpoint, expected };
  }

  /** A shadow has one writer, so one that is elsewhere has lost steps: the rebuild has to begin anew. */
  #conflict(expected: Position | undefined, actual: Position | undefined): Fault {
    const { guarded, opened } = this.parts;
    if (this.target.shadow === undefined)
      return new Fault('checkpoint-conflict', { model: opened.name, expected, actual });
    const problem = `it has lost a part of the rebuild of ${opened.name}`;
    return new Fault('store-unavailable', { store: guarded.backend.name, problem });
  }

  protected encode(rows: ReadonlyMap<string, Row | undefined>): ModelPlan['rows'] {
    const { opened, guarded } = this.parts;
    return encodedRows<unknown>(opened.projection, rows, { form: guarded.backend.form });
  }

  #queryBackend(query: WantedRows, wait?: WaitOptions): Promise<FoundRows> {
    return this.parts.guarded.call(wait, (backend) => backend.query(this.target, query, wait));
  }

  /** Omits the head when the events are in another backend. */
  #withoutForeignHead<Rows>({ head, ...found }: Required<RowsAt<Rows>>): RowsAt<Rows> {
    return this.parts.writer === undefined ? found : { ...found, head };
  }

  #decode(key: string, stored: unknown): Row {
    // The cast holds because the rows under a read model's name were all written by its projection.
    return this.parts.opened.rows.decode(key, stored) as Row;
  }
}

/** The shadow of a rebuild: a second set of rows, which no reader sees until it replaces the live rows. */
class EngineShadowModel<Row> extends EngineReadModel<Row> implements RebuildingModel<Row> {
  async promote(change: ReadModelChange<Row>, wait?: WaitOptions): Promise<void> {
    const { name } = this.parts.opened;
    const { target } = this;
    const models = [target, { name }].map((one) => ({ target: one, keys: [] }));
    await this.transact({
      signal: wait?.signal,
      writes: 'rows',
      question: { ...NO_QUESTION, events: this.eventsToCheck(change), models },
      plan: (found) => {
        const shadow = this.requireModel(found);
        const step = this.planStep(shadow, change);
        const actual = modelIn(found, { name })?.checkpoint ?? START;
        // Newer live rows stay, unless they were built from events that a restore of the log has taken away.
        if (actual > change.checkpoint && actual !== change.lostCheckpoint)
          throw new Fault('checkpoint-conflict', { model: name, expected: change.checkpoint, actual });
        return plannedSteps(found.head, [step], { name, shadow: shadow.id });
      },
    });
  }

  promoteAtHead(step: LastStep, wait?: WaitOptions): Promise<CaughtUp> {
    return this.stepBeside(step, wait);
  }
}
