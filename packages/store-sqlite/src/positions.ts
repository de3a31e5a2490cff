import { START, type Position } from '@login-policy/event-sourcing';
import { isEventId, positionOf, StoreDamaged } from '@login-policy/event-sourcing/store';
import type { EventStatements, PlacedId } from './event-statements.js';

/** The position of the last event; `START` when there is none. @throws StoreDamaged when its id is not one. */
export function headOf({ head }: EventStatements, store: string): Position {
  const last = head.get();
  return last === undefined ? START : positionAt(last, store);
}

/** The position of an event. @throws StoreDamaged when its id is not one. */
export function positionAt([place, id]: PlacedId, store: string): Position {
  if (isEventId(id)) return positionOf(place, id);
  throw new StoreDamaged({ store, problem: `the event at position ${place} can't be read (its id is not a ULID)` });
}
