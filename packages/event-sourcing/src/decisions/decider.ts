import type { EventShape, Recorded } from '../streams/event.js';
import type { StreamId } from '../streams/stream-id.js';
import type { Decision } from './decision.js';

/** What a decision may look at beside the command and the state. */
export interface DecisionContext<Facts> {
  readonly streamId: StreamId;
  /** What was looked up for the command; `undefined` for one that needs nothing from outside. */
  readonly facts: Facts | undefined;
}

/** The half of a {@link Decider} that answers commands. */
export type Deciding<Command, Event extends EventShape, State, Rejection, Facts> = Pick<
  Decider<Command, Event, State, Rejection, Facts>,
  'decide'
>;

/**
 * The rules of one kind of stream, as two pure functions and where they begin.
 *
 * `evolve` gets the event with its recorded facts, so that a state can hold when it last changed and at which place.
 */
export interface Decider<Command, Event extends EventShape, State, Rejection, Facts = undefined> {
  /** Of a stream without events. */
  readonly initial: State;
  /** The state after the event; the state before it is never changed in place. */
  evolve(state: State, event: Recorded<Event>): State;
  /** What the state answers to the command; the same at any time and for every caller. */
  decide(command: Command, state: State, context: DecisionContext<Facts>): Decision<Event, Rejection>;
}
