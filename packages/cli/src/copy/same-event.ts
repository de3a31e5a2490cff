import { isDeepStrictEqual } from 'node:util';
import type { RecordedEvent } from '@login-policy/event-sourcing';

/** What stays of an event when it is copied, whatever the store: all but its position. */
const STAYS = [
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

/** What differs between an event and its copy; `undefined` when nothing does. */
export function differenceOf(event: RecordedEvent, copy: RecordedEvent): string | undefined {
  return STAYS.find((member) => !isDeepStrictEqual(event[member], copy[member]));
}

/** Names an event by where it stands. */
export function eventName({ id, revision, streamId }: RecordedEvent): string {
  return `event ${id} (revision ${revision} of ${streamId})`;
}
