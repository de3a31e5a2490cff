import type { EventShape, Recorded } from '../streams/event.js';
import type { StreamId } from '../values/stream-id.js';
import type { ExpectedEnd } from '../streams/event-store.js';

/** What a decision may use beside the command and the state. */
export interface DecisionContext<Facts> {
  readonly streamId: StreamId;
  /** The facts looked up for the command; `undefined` for a command that needs none. */
  readonly facts: Facts | undefined;
}

/** The deciding half of a {@link Decider}. */
export type Deciding<Command, Event extends EventShape, State, Rejection, Facts> = Pick<
  Decider<Command, Event, State, Rejection, Facts>,
  'decide'
>;

/**
 * The rules of one kind of stream: two pure functions and the initial state.
 *
 * `evolve` gets the event with its recorded facts, so that a state can hold its last change's time and position.
 */
export interface Decider<Command, Event extends EventShape, State, Rejection, Facts = undefined> {
  /** The state of a stream without events. */
  readonly initial: State;
  /** The state after the event. It must not change the given state in place. */
  evolve(state: State, event: Recorded<Event>): State;
  /** The answer to the command. Pure: the same state and command give the same answer. */
  decide(command: Command, state: State, context: DecisionContext<Facts>): Decision<Event, Rejection>;
}

/**
 * A decider's answer: the events to append (possibly none), or the reason for the refusal. `given` says what another
 * stream ended with when the facts were looked up. If it ends with something else when the events are written, the
 * facts are looked up again and the command is decided again.
 */
export type Decision<Event, Rejection> =
  Accepted<Event> | { readonly outcome: 'rejected'; readonly rejection: Rejection };

/** The events to append. */
export interface Accepted<Event> {
  readonly outcome: 'accepted';
  readonly events: readonly Event[];
  readonly given?: ExpectedEnd | undefined;
}

/** Accepts the command. The events say what changes; without events nothing does. */
export function accept<Event>(...events: readonly Event[]): {
  readonly outcome: 'accepted';
  readonly events: readonly Event[];
} {
  return { outcome: 'accepted', events };
}

/** Refuses the command; nothing changes. */
export function reject<Rejection>(rejection: Rejection): {
  readonly outcome: 'rejected';
  readonly rejection: Rejection;
} {
  return { outcome: 'rejected', rejection };
}
