import type { EventId } from '../ids.js';
import type { Position } from '../streams/position.js';
import type { Revision } from '../streams/revision.js';
import type { StreamId } from '../streams/stream-id.js';

/** A state and the place in its stream up to which it is folded. */
export interface StateAt<State> {
  readonly state: State;
  /** The last event folded in; `undefined` for a stream without events. */
  readonly revision: Revision | undefined;
  /** Where that event stands in the whole store; `START` for a stream without events. */
  readonly position: Position;
  /** That event itself. */
  readonly eventId: EventId | undefined;
}

/** Remembers the states used last, so many and no more. What is forgotten is only slower: it is folded again. */
export class KeptStates<State> {
  readonly #capacity: number;
  readonly #states = new Map<StreamId, StateAt<State>>();

  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 0) {
      throw new RangeError(`keptStates is a whole number from 0 on, not ${capacity}`);
    }
    this.#capacity = capacity;
  }

  recall(streamId: StreamId): StateAt<State> | undefined {
    const kept = this.#states.get(streamId);
    if (kept !== undefined && this.#states.size >= this.#capacity) {
      this.#states.delete(streamId);
      this.#states.set(streamId, kept);
    }
    return kept;
  }

  keep(streamId: StreamId, kept: StateAt<State>): void {
    if (this.#capacity === 0) return;
    if (!this.#states.has(streamId) && this.#states.size >= this.#capacity) {
      for (const oldest of this.#states.keys()) {
        this.#states.delete(oldest);
        break;
      }
    }
    this.#states.set(streamId, kept);
  }

  forget(streamId: StreamId): void {
    this.#states.delete(streamId);
  }
}
