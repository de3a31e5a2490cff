import { Deadline } from '../deadline.js';
import { START, type Position } from '../streams/position.js';
import type { TimedEventStore } from '../streams/timed-event-store.js';
import type { TimedReadModel } from './timed-read-model.js';

/** Where the head of a store was at some moment after it was asked for. */
export interface AskedHead {
  readonly position: Position;
  /** By `performance.now()`. */
  readonly askedAt: number;
}

/** How far rows have to be, and when that was asked for. */
export type Reach = Pick<AskedHead, 'position'> & Partial<AskedHead>;

/** Whose head it is, what the rows are, and what fires when nobody asks any more. */
export interface KnownHeadParts {
  readonly store: Pick<TimedEventStore, 'head'>;
  readonly model: Pick<TimedReadModel<unknown>, 'checkpoint'>;
  readonly closing: AbortSignal;
}

/** What is known of the head of a store that is somewhere else than the rows, and how old that is. */
export class KnownHead {
  readonly #store: Pick<TimedEventStore, 'head'>;
  readonly #model: Pick<TimedReadModel<unknown>, 'checkpoint'>;
  /** Of what is asked for many at once: each of them waits by their own. */
  readonly #deadline: Deadline;
  #shownAt = -Infinity;
  #asking: Promise<AskedHead> | undefined;

  constructor({ store, model, closing }: KnownHeadParts) {
    this.#store = store;
    this.#model = model;
    this.#deadline = new Deadline('looking for the head of the store', { signal: closing });
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
      .head(this.#deadline)
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
    if (((await this.#model.checkpoint(this.#deadline)) ?? START) >= position) this.show(askedAt);
  }
}
