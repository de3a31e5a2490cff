import {
  position,
  revision,
  UnreadableEvent,
  type EventId,
  type EventMetadata,
  type Instant,
  type JsonObject,
  type Position,
  type RecordedEvent,
  type Revision,
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
 * The events of rows, up to the first that can't be read. Metadata is parsed when somebody asks for it: a projection
 * seldom does.
 *
 * @throws UnreadableEvent when the very first row is not what was written.
 */
export function eventsOf(rows: readonly EventRow[]): readonly RecordedEvent[] {
  const events: RecordedEvent[] = [];
  for (const row of rows) {
    try {
      events.push(new StoredEvent(row));
    } catch (caught) {
      if (events.length === 0) throw caught;
      return events;
    }
  }
  return events;
}

/** One accessor for all events: as an own member it is copied and compared like any other, and costs half of a getter. */
const METADATA: PropertyDescriptor = {
  enumerable: true,
  get(this: StoredEvent) {
    return StoredEvent.metadataOf(this);
  },
};

class StoredEvent implements RecordedEvent {
  readonly id: EventId;
  readonly streamId: StreamId;
  readonly revision: Revision;
  readonly position: Position;
  readonly recordedAt: Instant;
  readonly schemaVersion: number;
  readonly type: string;
  readonly data: JsonObject;
  declare readonly metadata: EventMetadata;
  readonly #row: EventRow;
  #metadata: EventMetadata | undefined;

  constructor(row: EventRow) {
    const [place, streamId, inStream, type, schemaVersion, recordedAt, id, data] = row;
    if (!ID.test(id)) throw unreadable(row, 'its id is no ULID');
    this.id = id;
    this.streamId = streamId;
    this.revision = revision(inStream);
    this.position = position(place);
    this.recordedAt = recordedAt;
    this.schemaVersion = schemaVersion;
    this.type = type;
    this.data = parse(data, isObject, row);
    this.#row = row;
    Object.defineProperty(this, 'metadata', METADATA);
  }

  static metadataOf(event: StoredEvent): EventMetadata {
    event.#metadata ??= parse(event.#row[8], isMetadata, event.#row);
    return event.#metadata;
  }
}

const ID = /^[0-7][0-9A-Z]{25}$/;

function parse<Parsed>(text: string, isParsed: (value: unknown) => value is Parsed, row: EventRow): Parsed {
  let problem = 'it is not what was written';
  try {
    const value: unknown = JSON.parse(text);
    if (isParsed(value)) return value;
  } catch (cause) {
    problem = cause instanceof Error ? cause.message : String(cause);
  }
  throw unreadable(row, problem);
}

function unreadable(row: EventRow, problem: string): UnreadableEvent {
  const [, streamId, inStream, type, schemaVersion] = row;
  return new UnreadableEvent({ streamId, revision: revision(inStream), type, schemaVersion, problem });
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isMetadata(value: unknown): value is EventMetadata {
  return isObject(value) && typeof value['actor'] === 'string' && typeof value['correlationId'] === 'string';
}
