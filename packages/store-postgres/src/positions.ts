import { parsePosition, type Position } from '@login-policy/event-sourcing';
import { positionOf } from '@login-policy/event-sourcing/store';
import { eventId } from '@login-policy/event-sourcing/values';
import { REPLACED } from './row-changes.js';

/** Parses a position from the server: a number, or an event as its number in the log, a space and its id. */
export function positionIn(written: string | null | undefined): Position | undefined {
  if (written === null || written === undefined || written === '' || written === REPLACED) return undefined;
  const [ordinal = '', id] = written.split(' ');
  return id === undefined ? parsePosition(ordinal) : positionOf(BigInt(ordinal), eventId(id));
}
