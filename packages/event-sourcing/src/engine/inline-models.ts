import type { AnyProjection } from '../projections/projection.js';
import { changedKey, openedModel, type OpenedModel } from './opened-model.js';
import type { RowDecoder } from './row-decoder.js';
import type { ModelQuestion, ModelTarget } from './view.js';
import type { StreamId } from '../streams/stream-id.js';

/** An inline read model: appends update its rows in their own transaction. */
export interface InlineModel {
  readonly opened: OpenedModel;
  readonly target: ModelTarget;
  readonly decoder: RowDecoder;
}

/** The inline read models of a store. More are added when read models are opened. */
export class InlineModels {
  #all: readonly InlineModel[] = [];
  #opened: readonly OpenedModel[] = [];

  get all(): readonly InlineModel[] {
    return this.#all;
  }

  get opened(): readonly OpenedModel[] {
    return this.#opened;
  }

  /** Adds a read model. Appends update it as soon as its rows are at the head. */
  add(projection: AnyProjection, decoder: RowDecoder): void {
    const opened = openedModel(projection);
    if (this.#opened.some(({ name }) => name === opened.name)) return;
    this.#all = [...this.#all, { opened, decoder, target: { name: opened.name } }];
    this.#opened = [...this.#opened, opened];
  }

  /** The look-ups that appends to these streams need. */
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
