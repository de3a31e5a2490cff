import type { EventShape, Recorded } from '../streams/event.js';
import type { Decision } from './decision.js';

/**
 * The rules of one kind of stream, as two pure functions and where they begin.
 *
 * `evolve` gets the event with its recorded facts, so that a state can hold when it last changed and at which place.
 */
export interface Decider<Command, Event extends EventShape, State, Rejection> {
  /** Of a stream without events. */
  readonly initial: State;
  /** The state after the event; the state before it is never changed in place. */
  evolve(state: State, event: Recorded<Event>): State;
  /** What the state answers to the command; the same whenever and whoever asks. */
  decide(command: Command, state: State): Decision<Event, Rejection>;
}
