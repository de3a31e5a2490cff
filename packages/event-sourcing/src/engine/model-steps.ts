import { Deadline, type WaitOptions } from '../values/deadline.js';
import { Fault } from '../values/fault.js';
import { isFault } from '../values/is-fault.js';
import type { CaughtUp, LastStep, ReadModelChange } from '../models/read-model-store.js';
import { rowKey, type KeptRow } from '../models/projection.js';
import { reducePage } from '../models/reduce-page.js';
import type { Backend } from './backend.js';
import type { GuardedBackend } from './guarded-backend.js';
import { AnswerLost, type Transaction } from './log-backend.js';
import type { OpenedModel } from './opened-model.js';
import {
  plannedSteps,
  type ModelPlan,
  type Planned,
  NO_QUESTION,
  modelIn,
  type Found,
  type FoundModel,
  type ModelTarget,
} from './plan.js';
import { START, type Position } from '../values/position.js';
import type { StreamId } from '../values/stream-id.js';
import { encodedRows } from './stored-row.js';
import type { Writer } from './writer.js';

/** What a read model works with. */
export interface ReadModelParts {
  /** The backend that stores the rows. It refuses calls after the store is closed. */
  readonly guarded: GuardedBackend<Backend>;
  readonly opened: OpenedModel;
  /** Writes the events of this backend. `undefined` where the events are in another one: no look-up returns the head. */
  readonly writer: Writer | undefined;
}

/**
 * Moves the rows of one read model in steps. In one transaction, a step writes rows and their checkpoint, which is the
 * position up to which the rows contain all events.
 */
export class ModelSteps<Row> {
  readonly #parts: ReadModelParts;
  readonly #target: ModelTarget;

  constructor(parts: ReadModelParts) {
    this.#parts = parts;
    this.#target = parts.opened.target;
  }

  /** Implements `ReadModel.commit`. */
  async commit(change: ReadModelChange<Row>, wait?: WaitOptions): Promise<void> {
    try {
      await this.#transact({
        signal: wait?.signal,
        writes: 'rows',
        question: { ...NO_QUESTION, events: this.#eventsToCheck(change), models: [{ target: this.#target, keys: [] }] },
        plan: (found) => plannedSteps(found.head, [this.#planStep(this.#requireModel(found), change)]),
      });
    } catch (caught) {
      if (!(await this.#isOpenedAgain(caught, wait))) throw caught;
      // `actual: undefined` tells the runner to start again at the first event.
      const { name: model } = this.#parts.opened;
      throw new Fault('checkpoint-conflict', { model, expected: change.expected, actual: undefined });
    }
  }

  /** Implements `ReadModel.catchUp`. */
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
  async stepBeside(
    { atMost, basedOn, expected }: Pick<LastStep, 'atMost'> & Partial<LastStep>,
    wait: WaitOptions | undefined,
  ): Promise<CaughtUp> {
    const { projection, name } = this.#parts.opened;
    const { shadow } = this.#target;
    const keyOf = (streamId: StreamId): string => rowKey(projection, streamId);
    const unprocessed = { filter: projection.filter, atMost, keyOf };
    const { checkpoint, head, stopped } = await this.#transact({
      signal: wait?.signal,
      writes: 'rows',
      question: { ...NO_QUESTION, events: basedOn, models: [{ target: this.#target, keys: [], unprocessed }] },
      plan: (found) => {
        const model = this.#requireModel(found);
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
    const { projection, name } = this.#parts.opened;
    if (unprocessed === undefined) throw new TypeError(`the backend did not look up the events of ${name}`);
    const reduced = reducePage(projection, unprocessed.events, (key) => this.#parts.opened.decode(key, rows.get(key)));
    const { stopped, position = reached ?? START } = reduced;
    const checkpoint = stopped === undefined ? unprocessed.scannedUpTo : position;
    // The cast holds because the rows under a read model's name were all written by its projection.
    const changed = reduced.rows as ReadonlyMap<string, KeptRow<Row> | undefined>;
    const plan = { id, rows: this.#encode(changed), checkpoint, expected: reached };
    return { plan, checkpoint, stopped };
  }

  /** A live read model is missing after a restore from a backup without it: it is created again, without rows. */
  async #isOpenedAgain(caught: unknown, wait: WaitOptions | undefined): Promise<boolean> {
    if (this.#target.shadow !== undefined || !isFault(caught, 'rebuild-superseded')) return false;
    const { guarded, opened } = this.#parts;
    await guarded.call(wait, (backend) => backend.openModel(opened.name, wait));
    return true;
  }

  /** Implements `RebuildingModel.promote`. */
  async promote(change: ReadModelChange<Row>, wait?: WaitOptions): Promise<void> {
    const { name } = this.#parts.opened;
    const models = [this.#target, { name }].map((one) => ({ target: one, keys: [] }));
    await this.#transact({
      signal: wait?.signal,
      writes: 'rows',
      question: { ...NO_QUESTION, events: this.#eventsToCheck(change), models },
      plan: (found) => {
        const shadow = this.#requireModel(found);
        const step = this.#planStep(shadow, change);
        const actual = modelIn(found, { name })?.checkpoint ?? START;
        // Newer live rows stay, unless they were built from events that a restore of the log has taken away.
        if (actual > change.checkpoint && actual !== change.lostCheckpoint)
          throw new Fault('checkpoint-conflict', { model: name, expected: change.checkpoint, actual });
        return plannedSteps(found.head, [step], { name, shadow: shadow.id });
      },
    });
  }

  /**
   * The positions of the events that a step is based on, so that the backend checks that its log has them. A backend
   * without events can't check them.
   */
  #eventsToCheck({ basedOn }: ReadModelChange<Row>): readonly Position[] | undefined {
    return this.#parts.writer === undefined ? undefined : basedOn;
  }

  /** Writes a step. If the answer to its transaction is lost, checks whether the step was committed. */
  async #transact<Result>(transaction: Transaction<Result>): Promise<Result> {
    const { guarded, writer } = this.#parts;
    Deadline.throwIfExpired('a step of a read model', transaction);
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
  #requireModel(found: Found): FoundModel {
    const { missing, head } = found;
    if (missing !== undefined) throw new Fault('position-unknown', { position: missing, head });
    const model = modelIn(found, this.#target);
    if (model === undefined) throw supersededFault(this.#parts.opened.name);
    return model;
  }

  /** @throws CheckpointConflict, or StoreUnavailable for a shadow, when the checkpoint is not the expected one. */
  #planStep({ id, checkpoint: actual }: FoundModel, change: ReadModelChange<Row>): ModelPlan {
    const { expected, checkpoint } = change;
    if (actual !== expected) throw this.#conflict(expected, actual);
    const rows = new Map<string, KeptRow<Row> | undefined>();
    for (const [key, row] of change.rows) rows.set(key, row === undefined ? undefined : { row });
    return { id, rows: this.#encode(rows), checkpoint, expected };
  }

  /** A shadow has one writer, so one that is elsewhere has lost steps: the rebuild has to begin anew. */
  #conflict(expected: Position | undefined, actual: Position | undefined): Fault {
    const { guarded, opened } = this.#parts;
    if (this.#target.shadow === undefined)
      return new Fault('checkpoint-conflict', { model: opened.name, expected, actual });
    const problem = `it has lost a part of the rebuild of ${opened.name}`;
    return new Fault('store-unavailable', { store: guarded.backend.name, problem });
  }

  #encode(rows: ReadonlyMap<string, KeptRow<Row> | undefined>): ModelPlan['rows'] {
    const { opened, guarded } = this.#parts;
    return encodedRows<unknown>(opened.projection, rows, { form: guarded.backend.form });
  }
}

/** The shadow of a rebuild is gone: a later rebuild has begun. */
export function supersededFault(model: string): Fault<'rebuild-superseded'> {
  return new Fault('rebuild-superseded', { model });
}
