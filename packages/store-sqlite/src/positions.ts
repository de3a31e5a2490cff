import { Fault, type Position, START } from '@login-policy/event-sourcing';
import { isEventId, positionOf } from '@login-policy/event-sourcing/store';
import type { OrdinalAndId } from './event-statements.js';

/** The position of the last event; `START` without events. @throws StoreDamaged when its id is not a ULID. */
export function headOf(last: OrdinalAndId | undefined, store: string): Position {
  return last === undefined ? START : positionAt(last, store);
}

/** The position of an event. @throws StoreDamaged when its id is not a ULID. */
export function positionAt([ordinal, id]: OrdinalAndId, store: string): Position {
  if (isEventId(id)) return positionOf(ordinal, id);
  throw new Fault('store-damaged', {
    store,
    problem: `the event at position ${ordinal} can't be read (its id is not a ULID)`,
  });
}
