import { START, type Position } from '../values/position.js';

/**
 * The last position acknowledged to this process. A read in the process that wrote sees at least that
 * (docs/guarantees.md#reading), also where read models are followed.
 */
export class Acknowledged {
  #position: Position = START;
  #at = -Infinity;

  /** The last event of all acknowledged appends; `START` without any. */
  get position(): Position {
    return this.#position;
  }

  /**
   * When its append began, by `performance.now()`. The log had the event at that time or later; it may have lost it
   * before the answer came.
   */
  get at(): number {
    return this.#at;
  }

  /** Records an acknowledged append by the position of its last event. */
  note(position: Position | undefined, begunAt: number): void {
    if (position === undefined || position <= this.#position) return;
    this.#position = position;
    this.#at = begunAt;
  }

  /** Removes a position whose event was lost, as by a restored backup, so that nothing waits for it. */
  forget(lost: Position): void {
    if (this.#position === lost) this.#position = START;
  }
}
