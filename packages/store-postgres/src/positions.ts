import { parsePosition, type Position } from '@login-policy/event-sourcing';
import { eventId, positionOf } from '@login-policy/event-sourcing/store';
import { REPLACED } from './row-changes.js';

/** A position as the server wrote it: as a number, or as the place of an event and its id. */
export function positionIn(written: string | null | undefined): Position | undefined {
  if (written === null || written === undefined || written === '' || written === REPLACED) return undefined;
  const [place = '', id] = written.split(' ');
  return id === undefined ? parsePosition(place) : positionOf(BigInt(place), eventId(id));
}
