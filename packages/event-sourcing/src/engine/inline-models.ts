import type { AnyProjection } from '../projections/projection.js';
import { changedKey, openedModel, type OpenedModel } from './opened-model.js';
import type { RowReader } from './row-reader.js';
import type { ModelQuestion, ModelTarget } from './view.js';
import type { StreamId } from '../streams/stream-id.js';

/** An inline read model, which appends update, and how its rows are read. */
export interface InlineModel {
  readonly opened: OpenedModel;
  readonly target: ModelTarget;
  readonly reader: RowReader;
}

/** The read models that appends update. Their number grows while a store is open. */
export class InlineModels {
  #all: readonly InlineModel[] = [];
  #opened: readonly OpenedModel[] = [];

  get all(): readonly InlineModel[] {
    return this.#all;
  }

  get opened(): readonly OpenedModel[] {
    return this.#opened;
  }

  /** From now on every append updates this read model, once its rows are at the head. */
  keep(projection: AnyProjection, reader: RowReader): void {
    const opened = openedModel(projection);
    if (this.#opened.some(({ name }) => name === opened.name)) return;
    this.#all = [...this.#all, { opened, reader, target: { name: opened.name } }];
    this.#opened = [...this.#opened, opened];
  }

  /** What appends to these streams need to look up in them. */
  questionsFor(streams: Iterable<StreamId>): readonly ModelQuestion[] {
    return this.#all.map(({ opened, target }) => {
      const keys = new Set<string>();
      for (const streamId of streams) {
        const key = changedKey(opened, streamId);
        if (key !== undefined) keys.add(key);
      }
      return { target, keys };
    });
  }
}
