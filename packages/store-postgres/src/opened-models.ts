import {
  filterPredicate,
  modelName,
  type AnyProjection,
  type EventPredicate,
} from '@login-policy/event-sourcing/store';
import { storedName } from './names.js';

/** A read model that was opened, and so is kept in each append from then on. */
export interface OpenedModel {
  readonly projection: AnyProjection;
  /** The name of its read model, as its column holds it. */
  readonly name: string;
  readonly isWanted: EventPredicate;
}

/** The read models that were opened: they become more while the store is open, and never fewer. */
export class OpenedModels {
  #all: readonly OpenedModel[] = [];

  get all(): readonly OpenedModel[] {
    return this.#all;
  }

  /** Adds it, if it was not opened before: the name stands for the rows, and for who keeps them. */
  open(projection: AnyProjection): void {
    const { name } = storedName(modelName(projection));
    if (this.#all.some((opened) => opened.name === name)) return;
    this.#all = [...this.#all, { projection, name, isWanted: filterPredicate(projection.filter) }];
  }
}
