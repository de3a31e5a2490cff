import type { Deadline } from '../deadline.js';
import { laterPosition, START, type Position } from './position.js';
import type { TimedEventStore } from './timed-event-store.js';

/**
 * How far the appends that were acknowledged to this process go. A read in the process that wrote sees at least that
 * (docs/guarantees.md#reading), also where read models are followed.
 */
export class Acknowledged {
  #position: Position = START;

  /** The last event of all acknowledged appends; `START` while there is none. */
  get position(): Position {
    return this.#position;
  }

  /** To be called when an append is acknowledged, with the position of its last event. */
  note(position: Position | undefined): void {
    if (position !== undefined) this.#position = laterPosition(this.#position, position);
  }

  /** Takes back a position whose event was lost, as with a backup that was put back: nothing waits for it any more. */
  forget(lost: Position): void {
    if (this.#position === lost) this.#position = START;
  }
}

/** What was acknowledged and then lost is not waited for. @throws Fault as the store does. */
export async function forgetLost(store: TimedEventStore, deadline: Deadline): Promise<void> {
  const { acknowledged } = store;
  if (acknowledged === undefined) return;
  const { position } = acknowledged;
  if (!(await store.knows(position, deadline))) acknowledged.forget(position);
}
