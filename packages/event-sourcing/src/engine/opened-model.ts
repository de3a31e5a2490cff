import { modelName, rowKey, type AnyProjection } from '../models/projection.js';
import { filterPredicate, type EventPredicate } from '../streams/event-filter.js';
import { isFault } from '../values/is-fault.js';
import type { StreamId } from '../values/stream-id.js';
import type { CachedRows } from './stored-row.js';
import type { ModelId, ModelQuestion, ModelTarget } from './plan.js';

/** The rows of a projection: those of its live read model, or of the shadow of a rebuild. */
export class OpenedModel {
  /** The name that the live rows are stored under. */
  readonly name: string;
  readonly projection: AnyProjection;
  readonly target: ModelTarget;
  /** Decodes stored rows. All openings of the read model share it. */
  readonly rows: CachedRows;
  /** Whether the projection wants an event; the same for all events of a stream. */
  readonly isWanted: EventPredicate;

  constructor(projection: AnyProjection, rows: CachedRows, shadow?: ModelId) {
    this.name = modelName(projection);
    this.projection = projection;
    this.target = shadow === undefined ? { name: this.name } : { name: this.name, shadow };
    this.rows = rows;
    this.isWanted = filterPredicate(projection.filter);
  }

  /** The row, or what stands in for it if it is damaged: one row must not hold up the others. */
  decode(key: string, stored: unknown, onDamage?: () => void): unknown {
    try {
      return this.rows.decode(key, stored);
    } catch (caught) {
      if (this.projection.damaged === undefined || !isFault(caught, 'store-damaged')) throw caught;
      onDamage?.();
      return this.projection.damaged(caught);
    }
  }

  /**
   * The key of the row that a stream's events change. `undefined` when the projection does not want them, and when its
   * `key` throws: then the plan refuses the appends to that stream, and no other append of the group.
   */
  changedKey(streamId: StreamId): string | undefined {
    try {
      return this.isWanted({ streamId }) ? rowKey(this.projection, streamId) : undefined;
    } catch {
      return undefined;
    }
  }
}

/** The inline read models of a store: appends update their rows in their own transaction. */
export class InlineModels {
  #all: readonly OpenedModel[] = [];

  get all(): readonly OpenedModel[] {
    return this.#all;
  }

  /** Adds an opened read model. Appends update it as soon as its rows are at the head. */
  add(model: OpenedModel): void {
    if (!this.#all.some(({ name }) => name === model.name)) this.#all = [...this.#all, model];
  }

  /** The look-ups that appends to these streams need. */
  questionsFor(streams: Iterable<StreamId>): readonly ModelQuestion[] {
    const questions: ModelQuestion[] = [];
    for (const model of this.#all) {
      const keys = new Set<string>();
      for (const streamId of streams) {
        const key = model.changedKey(streamId);
        if (key !== undefined) keys.add(key);
      }
      questions.push({ target: model.target, keys });
    }
    return questions;
  }
}
