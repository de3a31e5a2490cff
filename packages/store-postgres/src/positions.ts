import { type EventId, Fault, parsePosition, type Position } from '@login-policy/event-sourcing';
import { isEventId, positionOf } from '@login-policy/event-sourcing/store';
import { REPLACED } from './row-changes.js';

/** Parses a position from the server: a number, or an event as its number in the log, a space and its id. @throws StoreDamaged */
export function positionIn(written: string | null | undefined): Position | undefined {
  if (written === null || written === undefined || written === '' || written === REPLACED) return undefined;
  const [ordinal = '', id] = written.split(' ');
  return id === undefined ? parsePosition(ordinal) : positionOf(BigInt(ordinal), storedId(id, `position ${ordinal}`));
}

/** The id of a stored event. @throws StoreDamaged when it is not a ULID. */
export function storedId(id: string, place: string): EventId {
  if (isEventId(id)) return id;
  const problem = `the event at ${place} can't be read (its id is not a ULID)`;
  throw new Fault('store-damaged', { store: 'the log on PostgreSQL', problem });
}
