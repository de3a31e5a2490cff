import type { EventId, Instant, Position, Revision } from '@login-policy/event-sourcing';
import type { RecordedFacts } from '@login-policy/event-sourcing/domain';
import type { LoginPolicyEvent } from '../events/events.js';

/**
 * A policy's marks, from which its details are made: the id, revision, position and time of its last event, and when it
 * was added.
 */
export interface Marks {
  readonly eventId: EventId;
  readonly revision: Revision;
  readonly position: Position;
  readonly createdAt: Instant;
  readonly changedAt: Instant;
}

/** The sequence of the event at a revision. */
export function sequenceOf(event: Pick<RecordedFacts, 'revision'>): bigint {
  return event.revision + 1n;
}

/** The last sequence of a policy; 0 when it never had an event. */
export function lastSequenceOf(marks: Marks | undefined): bigint {
  return marks === undefined ? 0n : sequenceOf(marks);
}

/** The marks after an event. Adding a policy sets a new creation time; its sequence goes on. */
export function markEvent(before: Marks | undefined, event: LoginPolicyEvent & RecordedFacts): Marks {
  const isBeginning = before === undefined || event.type === 'LoginPolicyAdded';
  return {
    eventId: event.id,
    revision: event.revision,
    position: event.position,
    createdAt: isBeginning ? event.recordedAt : before.createdAt,
    changedAt: event.recordedAt,
  };
}
