import type { EventId } from '../ids.js';
import type { Position } from '../streams/position.js';
import type { Revision } from '../streams/revision.js';

/** A state, and the event up to which it is folded. */
export interface StateAt<State> {
  readonly state: State;
  /** The last event folded in; `undefined` for a stream without events. */
  readonly revision: Revision | undefined;
  /** That event's position in the store; `START` for a stream without events. */
  readonly position: Position;
  /** That event itself. */
  readonly eventId: EventId | undefined;
}
