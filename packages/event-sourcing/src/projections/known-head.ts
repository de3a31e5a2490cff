import type { EventStore } from '../streams/event-store.js';
import { START, type Position } from '../streams/position.js';
import type { ReadModel } from './read-model-store.js';

/** Where the head of a store was at some moment after it was asked for. */
export interface AskedHead {
  readonly position: Position;
  /** By `performance.now()`. */
  readonly askedAt: number;
}

/** What is known of the head of a store that is somewhere else than the rows, and how old that is. */
export class KnownHead {
  readonly #store: Pick<EventStore, 'head'>;
  readonly #model: Pick<ReadModel<unknown>, 'checkpoint'>;
  #shownAt = -Infinity;
  #asking: Promise<AskedHead> | undefined;

  constructor(store: Pick<EventStore, 'head'>, model: Pick<ReadModel<unknown>, 'checkpoint'>) {
    this.#store = store;
    this.#model = model;
  }

  /** How long ago the rows were last known to be at the head, in milliseconds. */
  get ageMs(): number {
    return performance.now() - this.#shownAt;
  }

  /** The rows were at the head at this moment. */
  show(at: number): void {
    this.#shownAt = Math.max(this.#shownAt, at);
  }

  /** Asks for the head; those who ask at once ask once. */
  ask(): Promise<AskedHead> {
    const askedAt = performance.now();
    this.#asking ??= this.#store
      .head()
      .then((position) => ({ position, askedAt }))
      .finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  /** Renews what is known before somebody has to wait for it. */
  lookAhead(): void {
    // The next read that needs it asks for itself, and says why it can't be had.
    this.#lookAhead().catch(() => undefined);
  }

  async #lookAhead(): Promise<void> {
    const { position, askedAt } = await this.ask();
    if (((await this.#model.checkpoint()) ?? START) >= position) this.show(askedAt);
  }
}
