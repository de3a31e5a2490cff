import type { EventId, Instant, Position, Recorded, RecordedEvent, Revision } from '@login-policy/event-sourcing';
import type { LoginPolicyEvent } from './events.js';

/**
 * The last event of a policy (id, revision, position, time), and when the policy was added. The details of a read are
 * derived from it.
 */
export interface ChangeInfo {
  readonly eventId: EventId;
  readonly revision: Revision;
  readonly position: Position;
  readonly createdAt: Instant;
  readonly changedAt: Instant;
}

/** The sequence of the event at a revision. */
export function sequenceOf(event: Pick<RecordedEvent, 'revision'>): bigint {
  return event.revision + 1n;
}

/** The last sequence of a policy; 0 when it never had an event. */
export function lastSequenceOf(changeInfo: ChangeInfo | undefined): bigint {
  return changeInfo === undefined ? 0n : sequenceOf(changeInfo);
}

/** The information after an event. Adding a policy again sets a new creation time, but its sequence continues. */
export function changeInfoAfter(before: ChangeInfo | undefined, event: Recorded<LoginPolicyEvent>): ChangeInfo {
  const isBeginning = before === undefined || event.type === 'LoginPolicyAdded';
  return {
    eventId: event.id,
    revision: event.revision,
    position: event.position,
    createdAt: isBeginning ? event.recordedAt : before.createdAt,
    changedAt: event.recordedAt,
  };
}
