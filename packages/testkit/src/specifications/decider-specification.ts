import { type Decider, type Decision, deepFrozen } from '@login-policy/event-sourcing';
import type { EventShape } from '@login-policy/event-sourcing/store';
import { demandSame, fail, print } from '../demand.js';
import { EventPlacer, type PlacingOptions } from './event-placer.js';

/** The past events, as plain events in order; none for a stream that does not exist. */
export type DeciderGiven<Command, Event, State, Rejection, Facts = undefined> = (
  ...events: readonly Event[]
) => DeciderWhen<Command, Event, State, Rejection, Facts>;

/** What to check of the state after the given events. */
export interface DeciderWhen<Command, Event, State, Rejection, Facts = undefined> {
  /** Decides the command once, with these facts if it needs any. */
  when(command: Command, facts?: Facts): DeciderThen<Event, State, Rejection>;
  /** Checks that the given events result in exactly this state. @throws AssertionError */
  thenState(expected: State): void;
}

/** The expected outcome, as a whole: fewer, more or other events or facts fail the test. */
export interface DeciderThen<Event, State, Rejection> {
  /** Checks that the command is accepted with exactly these events, in this order. @throws AssertionError */
  thenEvents(...expected: readonly Event[]): void;
  /** Checks that the command is refused with exactly this rejection. @throws AssertionError */
  thenRejected(expected: Rejection): void;
  /** Checks that it is accepted and its events result in exactly this state. @throws AssertionError */
  thenState(expected: State): void;
}

/**
 * Tests a decider without a store: `given(…events).when(command).thenEvents(…)`, `.thenRejected(…)` or `.thenState(…)`.
 * States are frozen as in a command handler, so that a decider that changes one in place fails here, too.
 */
export function deciderSpecification<Command, Event extends EventShape, State, Rejection, Facts = undefined>(
  decider: Decider<Command, Event, State, Rejection, Facts>,
  options: PlacingOptions = {},
): DeciderGiven<Command, Event, State, Rejection, Facts> {
  return (...events) => {
    const placer = new EventPlacer(options);
    const evolve = (state: State, event: Event): State => deepFrozen(decider.evolve(state, placer.place(event)));
    const state = events.reduce(evolve, deepFrozen(decider.initial));
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
        fail(`expected a rejection, but the command was accepted with the events ${print(decision.events)}`);
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
  return fail(`expected events, but the command was refused with ${print(decision.rejection)}`);
}
