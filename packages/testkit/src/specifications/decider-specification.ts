import type { Decider, Decision } from '@login-policy/event-sourcing';
import type { EventShape } from '@login-policy/event-sourcing/store';
import { demandSame, fail, print } from '../demand.js';
import { EventPlacer, type PlacingOptions } from './event-placer.js';

/** What happened so far, as plain events in their order; none for a stream that does not exist. */
export type DeciderGiven<Command, Event, State, Rejection, Facts = undefined> = (
  ...events: readonly Event[]
) => DeciderWhen<Command, Event, State, Rejection, Facts>;

/** What is asked of the state that the given events made. */
export interface DeciderWhen<Command, Event, State, Rejection, Facts = undefined> {
  /** Decides the command, once, by what was looked up for it, if it needs facts. */
  when(command: Command, facts?: Facts): DeciderThen<Event, State, Rejection>;
  /** Passes when the given events alone make exactly this state. @throws AssertionError when not. */
  thenState(expected: State): void;
}

/** What has to come of it, as a whole: fewer, more or other events or facts fail the test. */
export interface DeciderThen<Event, State, Rejection> {
  /** Passes when the command is accepted with exactly these events, in this order. @throws AssertionError when not. */
  thenEvents(...expected: readonly Event[]): void;
  /** Passes when the command is refused with exactly this rejection. @throws AssertionError when not. */
  thenRejected(expected: Rejection): void;
  /** Passes when it is accepted and its events lead to exactly this state. @throws AssertionError when not. */
  thenState(expected: State): void;
}

/**
 * Tests a decider without a store: `given(…events).when(command).thenEvents(…)`, `.thenRejected(…)` or `.thenState(…)`.
 */
export function deciderSpecification<Command, Event extends EventShape, State, Rejection, Facts = undefined>(
  decider: Decider<Command, Event, State, Rejection, Facts>,
  options: PlacingOptions = {},
): DeciderGiven<Command, Event, State, Rejection, Facts> {
  return (...events) => {
    const placer = new EventPlacer(options);
    const evolve = (state: State, event: Event): State => decider.evolve(state, placer.place(event));
    const state = events.reduce(evolve, decider.initial);
    return {
      when(command, facts) {
        const decision = decider.decide(command, state, { streamId: placer.streamId, facts });
        return thenOf(decision, (decided) => decided.reduce(evolve, state));
      },
      thenState(expected) {
        demandSame({ what: 'state', actual: state, expected });
      },
    };
  };
}

function thenOf<Event, State, Rejection>(
  decision: Decision<Event, Rejection>,
  stateAfter: (events: readonly Event[]) => State,
): DeciderThen<Event, State, Rejection> {
  return {
    thenEvents(...expected) {
      demandSame({ what: 'events', actual: acceptedEvents(decision), expected });
    },
    thenRejected(expected) {
      if (decision.outcome === 'accepted') {
        fail(`the command was accepted with the events ${print(decision.events)}, and a rejection was expected`);
      }
      demandSame({ what: 'rejection', actual: decision.rejection, expected });
    },
    thenState(expected) {
      demandSame({ what: 'state', actual: stateAfter(acceptedEvents(decision)), expected });
    },
  };
}

function acceptedEvents<Event, Rejection>(decision: Decision<Event, Rejection>): readonly Event[] {
  if (decision.outcome === 'accepted') return decision.events;
  return fail(`the command was refused with ${print(decision.rejection)}, and events were expected`);
}
