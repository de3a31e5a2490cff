import type { OpenedModel } from './opened-model.js';
import type { ModelQuestion } from './view.js';
import type { StreamId } from '../streams/stream-id.js';

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
    return this.#all.map((model) => {
      const keys = new Set<string>();
      for (const streamId of streams) {
        const key = model.changedKey(streamId);
        if (key !== undefined) keys.add(key);
      }
      return { target: model.target, keys };
    });
  }
}
