import type { Fault, RecordedEvent } from '@login-policy/event-sourcing';

/** The readable facts of an unreadable event. */
type EventAround = Pick<RecordedEvent, 'id' | 'position' | 'recordedAt' | 'revision' | 'streamId' | 'type'>;

/**
 * An event that can't be read: its content throws the fault. It keeps its place in the log, so that reads of the whole
 * log continue past it. No codec knows its schema version, so only its own stream becomes unreadable.
 */
export function faultyEvent(
  { id, streamId, revision, position, recordedAt, type }: EventAround,
  fault: Fault<'unreadable-event'>,
): RecordedEvent {
  return Object.freeze({
    ...{ id, streamId, revision, position, recordedAt, type, schemaVersion: 0 },
    get data(): never {
      throw fault;
    },
    get metadata(): never {
      throw fault;
    },
  });
}
