import { freezeMetadata, toJsonObject, type Append, type NewEvent } from '@login-policy/event-sourcing';
import { LARGEST_APPEND, SCHEMA_VERSIONS } from './rows.js';

/** An event with the text its row will have. */
export interface PreparedEvent {
  readonly event: NewEvent;
  readonly dataText: string;
  readonly metadataText: string;
}

/** An append as it was when it was called for: whatever its caller does with his objects afterwards. */
export interface PreparedAppend extends Omit<Append, 'events'> {
  readonly events: readonly PreparedEvent[];
}

/**
 * Copies and encodes an append, before it waits for its turn: what can't be written is refused here, alone.
 *
 * @throws UnserialisableData when data or metadata holds what JSON can't.
 * @throws RangeError when a schema version is no whole number from 1 to 65,535.
 */
export function prepareAppend(append: Append): PreparedAppend {
  if (append.events.length >= LARGEST_APPEND)
    throw new RangeError(`an append has at most ${LARGEST_APPEND - 1} events`);
  return { ...append, events: append.events.map(prepareEvent) };
}

function prepareEvent(event: NewEvent): PreparedEvent {
  const { id, type, schemaVersion } = event;
  if (!Number.isInteger(schemaVersion) || schemaVersion < 1 || schemaVersion >= SCHEMA_VERSIONS) {
    throw new RangeError(`a schema version is a whole number from 1 to ${SCHEMA_VERSIONS - 1}, not ${schemaVersion}`);
  }
  const data = toJsonObject(event.data);
  const metadata = freezeMetadata(event.metadata);
  return {
    event: { id, type, schemaVersion, data, metadata },
    dataText: JSON.stringify(data),
    metadataText: JSON.stringify(toJsonObject(metadata)),
  };
}
