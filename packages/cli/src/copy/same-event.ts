import { isDeepStrictEqual } from 'node:util';
import type { RecordedEvent } from '@login-policy/event-sourcing';

/** The parts of an event that a copy preserves: all except its position. */
const COPIED_MEMBERS = [
  'id',
  'streamId',
  'revision',
  'recordedAt',
  'type',
  'schemaVersion',
  'data',
  'metadata',
  'append',
] as const;

/** The first difference between an event and its copy; `undefined` if there is none. */
export function differenceOf(event: RecordedEvent, copy: RecordedEvent): string | undefined {
  return COPIED_MEMBERS.find((member) => !isDeepStrictEqual(event[member], copy[member]));
}

/** Names an event by its stream and place. */
export function eventName({ id, revision, streamId }: RecordedEvent): string {
  return `event ${id} (revision ${revision} of ${streamId})`;
}
