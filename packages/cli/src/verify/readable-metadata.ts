import { isFault, type EventMetadata, type RecordedEvent } from '@login-policy/event-sourcing';

/** The metadata of an event; `undefined` for an event that can't be read, which the fold of its policy reports. */
export function readableMetadata(event: RecordedEvent): EventMetadata | undefined {
  try {
    return event.metadata;
  } catch (caught) {
    if (isFault(caught, 'unreadable-event')) return undefined;
    throw caught;
  }
}
