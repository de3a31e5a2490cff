import type { Deadline } from '../deadline.js';
import { Fault } from '../fault.js';
import { Lru } from '../store/lru.js';
import type { Store } from '../store.js';
import type { TimedEventStore } from '../streams/timed-event-store.js';
import { ordinalOf, START, type Position } from '../streams/position.js';
import type { RowsAt } from './read-model-store.js';

/** Refuses positions at which a store has no event: a reader who names one expects to see a change. */
export class KnownPositions {
  readonly #store: TimedEventStore;
  readonly #readModelUpdates: Store['readModelUpdates'];
  /** Confirmed positions of a followed store. After a restore the runner stops, and every read with it. */
  readonly #known = new Lru<Position, true>(1000);

  constructor(store: TimedEventStore, readModelUpdates: Store['readModelUpdates']) {
    this.#store = store;
    this.#readModelUpdates = readModelUpdates;
  }

  /** Checked before any wait. @throws PositionUnknown when another event is at the rows' position. */
  demandSameHistory(position: Position, { checkpoint = START }: RowsAt<unknown>): void {
    if (ordinalOf(position) !== ordinalOf(checkpoint) || position === checkpoint) return;
    throw new Fault('position-unknown', { position, head: checkpoint });
  }

  /**
   * Checked once the rows are there; `undefined` when there is nothing to look up.
   *
   * @throws PositionUnknown when no event of the store is at the position.
   */
  demand(
    position: Position,
    { checkpoint = START, head = checkpoint }: RowsAt<unknown>,
    deadline: Deadline,
  ): Promise<void> | undefined {
    const isSeen = position === START || position === head || position === checkpoint;
    return isSeen || this.#known.get(position) === true ? undefined : this.#lookFor(position, head, deadline);
  }

  async #lookFor(position: Position, head: Position, deadline: Deadline): Promise<void> {
    if (!(await this.#store.knows(position, deadline))) throw new Fault('position-unknown', { position, head });
    if (this.#readModelUpdates === 'followed') this.#known.set(position, true);
  }
}
