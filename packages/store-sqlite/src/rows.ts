import {
  position,
  revision,
  UnreadableEvent,
  type EventId,
  type EventMetadata,
  type Instant,
  type JsonObject,
  type RecordedEvent,
  type StreamId,
} from '@login-policy/event-sourcing';

/** The columns of an event, in the order {@link EventRow} has them. */
export const COLUMNS = 'position, stream, revision, type, schema_version, recorded_at, id, data, metadata';

/** An event as the driver hands it out: as a list, which is half as dear as an object. */
export type EventRow = readonly [
  position: number,
  stream: StreamId,
  revision: number,
  type: string,
  schemaVersion: number,
  recordedAt: Instant,
  id: EventId,
  data: string,
  metadata: string,
];

/**
 * The event of a row. Its metadata is parsed when somebody asks for it: a projection seldom does.
 *
 * @throws UnreadableEvent when the row's text is not the JSON that was written.
 */
export function eventOf(row: EventRow): RecordedEvent {
  const [place, streamId, inStream, type, schemaVersion, recordedAt, id, data, metadataText] = row;
  let metadata: EventMetadata | undefined;
  return {
    id,
    streamId,
    revision: revision(inStream),
    position: position(place),
    recordedAt,
    schemaVersion,
    type,
    data: parse(data, isObject, row),
    get metadata() {
      metadata ??= parse(metadataText, isMetadata, row);
      return metadata;
    },
  };
}

function parse<Parsed>(text: string, isParsed: (value: unknown) => value is Parsed, row: EventRow): Parsed {
  let problem = 'it is not what was written';
  try {
    const value: unknown = JSON.parse(text);
    if (isParsed(value)) return value;
  } catch (cause) {
    problem = cause instanceof Error ? cause.message : String(cause);
  }
  const [, streamId, inStream, type, schemaVersion] = row;
  throw new UnreadableEvent({ streamId, revision: revision(inStream), type, schemaVersion, problem });
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isMetadata(value: unknown): value is EventMetadata {
  return isObject(value) && typeof value['actor'] === 'string' && typeof value['correlationId'] === 'string';
}
