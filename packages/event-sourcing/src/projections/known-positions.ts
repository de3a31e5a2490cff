import type { Deadline } from '../deadline.js';
import { PositionUnknown } from '../faults.js';
import { Lru } from '../store/lru.js';
import type { Store } from '../store.js';
import type { TimedEventStore } from '../streams/timed-event-store.js';
import { placeIn, START, type Position } from '../streams/position.js';
import type { RowsAt } from './read-model-store.js';

/** Refuses positions that stand for no event of a store: readers who name one mean a change that is to be seen. */
export class KnownPositions {
  readonly #store: TimedEventStore;
  readonly #keeps: Store['keeps'];
  /** Of a store that is followed: after a restore the following stops, and with it every read. */
  readonly #known = new Lru<Position, true>(1000);

  constructor(store: TimedEventStore, keeps: Store['keeps']) {
    this.#store = store;
    this.#keeps = keeps;
  }

  /** Before anything is waited for. @throws PositionUnknown when another event stands where the rows are. */
  demandSameHistory(position: Position, { checkpoint = START }: RowsAt<unknown>): void {
    if (placeIn(position) !== placeIn(checkpoint) || position === checkpoint) return;
    throw new PositionUnknown({ position, head: checkpoint });
  }

  /** Once the rows are there; `undefined` when there is nothing to look for. @throws PositionUnknown when it stands for no event of the store. */
  demand(
    position: Position,
    { checkpoint = START, head = checkpoint }: RowsAt<unknown>,
    deadline: Deadline,
  ): Promise<void> | undefined {
    const isSeen = position === START || position === head || position === checkpoint;
    return isSeen || this.#known.get(position) === true ? undefined : this.#lookFor(position, head, deadline);
  }

  async #lookFor(position: Position, head: Position, deadline: Deadline): Promise<void> {
    if (!(await this.#store.knows(position, deadline))) throw new PositionUnknown({ position, head });
    if (this.#keeps === 'followed') this.#known.set(position, true);
  }
}
