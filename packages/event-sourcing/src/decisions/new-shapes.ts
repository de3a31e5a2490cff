import type { EventCodec } from '../streams/event-codec.js';
import type { EventShape } from '../streams/event.js';
import type { PreconditionFailed } from './command-context.js';
import type { Deciding } from './decider.js';
import { reject } from './decision.js';

/**
 * The same decider behind the schema version gate: it refuses a command whose event the previous release can't read.
 */
export function withoutNewShapes<Command, Event extends EventShape, State, Rejection, Facts>(
  decider: Deciding<Command, Event, State, Rejection, Facts>,
  codec: EventCodec<Event>,
): Deciding<Command, Event, State, Rejection | PreconditionFailed, Facts> {
  return {
    decide(command, state, context) {
      const decision = decider.decide(command, state, context);
      if (decision.outcome === 'rejected') return decision;
      for (const event of decision.events) {
        const { type, schemaVersion } = codec.encode(event);
        if (codec.isNew?.(type, schemaVersion)) return reject({ reason: 'shape-not-yet-allowed', type, schemaVersion });
      }
      return decision;
    },
  };
}
