import type { EventId } from '../values/ids.js';
import type { Position } from '../values/position.js';
import type { Revision } from '../values/revision.js';

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
