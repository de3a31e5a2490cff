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
import { demandPlain } from '../options/parse-options.js';
import { rowLimitOf } from '../projections/row-query.js';
import { encodedRows } from '../store/stored-row.js';
import type { FoundRows, WantedRows } from './backend.js';
import { laterPosition, START, type Position } from '../streams/position.js';
import { catchUpToHead } from './current-models.js';
import { AnswerLost, type Transaction } from './log-backend.js';
import type { LookUpNeeded, ModelPlan, Plan, Planned } from './plan.js';
import { OpenedModel } from './opened-model.js';
import type { ReadModelParts } from './read-model-parts.js';
import { CachedRows } from './cached-rows.js';
import { combined } from './lookup.js';
import { plannedSteps } from './planned-steps.js';
import { NO_QUESTION, modelIn, type Found, type FoundModel, type ModelTarget, type Question } from './view.js';

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
  readonly #cache = new CachedRows<Row>();

  constructor(parts: ReadModelParts) {
    this.parts = parts;
    this.target = parts.opened.target;
  }

  async read(keys: readonly string[], wait?: WaitOptions): Promise<RowsAt<ReadonlyMap<string, Row>>> {
    const { guarded, writer } = this.parts;
    const { backend } = guarded;
    throwIfExpired('a call of a read model', wait);
    // Cached rows are valid if nobody has written since they were read. `writeCount` shows writes through this store,
    // the token those of others.
    const cached = this.#cache.rowsOf(keys, {
      writeCount: writer?.writeCount,
      isCurrent: (token) => !guarded.isClosed && backend.isCurrent?.(token) === true,
    });
    if (cached !== undefined) return this.#withoutForeignHead(cached);
    // Taken before the look-up, so that a write during it makes the rows invalid.
    const writeCountBefore = writer?.writeCount;
    const answer = await guarded.call(wait, () => backend.lookUp(this.questionFor(keys), wait));
    const { head, token } = answer;
    const model = modelIn(answer, this.target);
    // A missing live read model has no rows yet. A missing shadow was discarded by a later rebuild.
    if (model === undefined && this.target.shadow !== undefined) throw this.supersededFault();
    const rows = new Map<string, Row>();
    for (const key of keys) {
      const stored = model?.rows.get(key);
      if (stored !== undefined) rows.set(key, this.#decode(key, stored));
    }
    const found = { checkpoint: model?.checkpoint, head, rows };
    if (backend.isCurrent !== undefined) this.#cache.add(keys, found, { token, writeCount: writeCountBefore });
    return this.#withoutForeignHead(found);
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
    demandPlain(query, 'a count of rows');
    const { count = 0, ...at } = await this.#queryBackend({ ...query, wanted: 'count' }, wait);
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
        plan: (answers) => {
          const found = combined(answers);
          return plannedSteps(found, [this.planStep(this.requireModel(found), change)]);
        },
      });
    } catch (caught) {
      if (this.target.shadow !== undefined || !isFault(caught, 'rebuild-superseded')) throw caught;
      // `requireModel` throws this fault also for a missing live read model: the store was restored from a backup
      // without it. It is created again. The conflict (`actual: undefined`) tells the runner to start again at the
      // first event.
      const { guarded, opened } = this.parts;
      await guarded.call(wait, (backend) => backend.openModel(opened.name, wait));
      throw new Fault('checkpoint-conflict', { model: opened.name, expected: change.expected, actual: undefined });
    }
  }

  changed(signal: AbortSignal): Promise<void> {
    return this.parts.guarded.changed(signal, POLL_MS);
  }

  async beginRebuild(wait?: WaitOptions): Promise<RebuildingModel<Row>> {
    const { guarded, opened } = this.parts;
    const shadow = await guarded.call(wait, (backend) => backend.beginShadow(opened.name, wait));
    const rebuilt = new OpenedModel(opened.projection, opened.decoder.forRebuild(), shadow);
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
  protected async transact(transaction: Transaction<undefined>): Promise<void> {
    const { guarded, writer } = this.parts;
    throwIfExpired('a step of a read model', transaction);
    let sentPlan: Plan | undefined;
    try {
      const plan: typeof transaction.plan = (found) => {
        const planned = transaction.plan(found);
        if ('plan' in planned) sentPlan = planned.plan;
        return planned;
      };
      await guarded.call(undefined, (backend) => backend.transact({ ...transaction, plan }));
    } catch (caught) {
      if (!(caught instanceof AnswerLost)) throw caught;
      if (sentPlan === undefined || !(await guarded.backend.findWritten(sentPlan))) throw caught.fault;
    } finally {
      writer?.invalidate();
    }
  }

  /**
   * The read model in a look-up's result.
   *
   * @throws PositionUnknown when the log lacks a requested event.
   * @throws RebuildSuperseded when the target's rows do not exist. For a live read model, `commit` catches it.
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

  /** Plans a step. @throws CheckpointConflict when the stored checkpoint is not the one that the step expects. */
  protected planStep({ id, checkpoint: actual }: FoundModel, change: ReadModelChange<Row>): ModelPlan {
    const { expected, checkpoint } = change;
    if (actual !== expected)
      throw new Fault('checkpoint-conflict', { model: this.parts.opened.name, expected, actual });
    return { id, rows: this.encode(change.rows), checkpoint, expected: { checkpoint: expected } };
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
    return this.parts.opened.decoder.decode(key, stored) as Row;
  }
}

/** The shadow of a rebuild: a second set of rows, which no reader sees until it replaces the live rows. */
class EngineShadowModel<Row> extends EngineReadModel<Row> implements RebuildingModel<Row> {
  /**
   * Takes the last step and replaces the live rows by the shadow, in one transaction. The transaction also reduces the
   * events that were appended since the step was computed: if they needed another step instead, a rebuild under load
   * would never end. When they are too many or can't be read, they are left to the runner.
   */
  async promote(change: ReadModelChange<Row>, wait?: WaitOptions): Promise<void> {
    await this.transact({
      signal: wait?.signal,
      writes: 'rows',
      question: {
        ...NO_QUESTION,
        events: this.eventsToCheck(change),
        models: [
          { target: this.target, keys: [] },
          { target: { name: this.parts.opened.name }, keys: [] },
        ],
      },
      plan: (answers) => this.#planPromotion(combined(answers), change),
    });
  }

  #planPromotion(found: Found, change: ReadModelChange<Row>): Planned<undefined> | LookUpNeeded {
    const { opened } = this.parts;
    const shadow = this.requireModel(found);
    const step = this.planStep(shadow, change);
    // The events after the step are reduced onto the rows of the step, which are not stored yet.
    const notStored = { checkpoint: change.checkpoint, rows: change.rows };
    const caughtUp = catchUpToHead(found, opened, notStored);
    if (caughtUp.kind === 'look-up-needed') return { question: { ...NO_QUESTION, models: [caughtUp.question] } };
    const isCurrent = caughtUp.kind === 'current';
    // Where the events are in another backend, `found.head` is always `START`, so the checkpoint of the step is taken.
    const checkpoint = isCurrent ? laterPosition(found.head, change.checkpoint) : change.checkpoint;
    const liveCheckpoint = modelIn(found, { name: opened.name })?.checkpoint ?? START;
    // Newer live rows stay, unless they were built from events that a restore of the log has taken away.
    if (liveCheckpoint > checkpoint && liveCheckpoint !== change.lostCheckpoint)
      throw new Fault('checkpoint-conflict', { model: opened.name, expected: checkpoint, actual: liveCheckpoint });
    const rows = new Map(step.rows.map((row) => [row.key, row]));
    if (isCurrent) for (const row of caughtUp.model.catchUpRows ?? []) rows.set(row.key, row);
    const lastStep = { ...step, rows: [...rows.values()], checkpoint };
    return plannedSteps(found, [lastStep], { name: opened.name, shadow: shadow.id });
  }
}
