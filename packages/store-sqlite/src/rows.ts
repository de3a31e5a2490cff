import {
  placeOf,
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
import type { Names } from './names.js';

/** The columns of an event, in the order {@link EventRow} has them. */
export const COLUMNS = 'position, stream, revision, type, schema_version, recorded_at, id, data, metadata';

/** An event as the driver hands it out: as a list, which is half as dear as an object. */
export type EventRow = readonly [
  position: number,
  stream: number,
  revision: number,
  type: number,
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
export function eventsOf(rows: readonly EventRow[], names: Names): readonly RecordedEvent[] {
  const events: RecordedEvent[] = [];
  for (const row of rows) {
    try {
      events.push(new StoredEvent(row, names));
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
  readonly #metadataText: string;
  #metadata: EventMetadata | undefined;

  constructor(row: EventRow, names: Names) {
    const [place, stream, inStream, type, schemaVersion, recordedAt, id, data] = row;
    this.id = id;
    this.streamId = names.streamOf(stream);
    this.revision = revision(inStream);
    this.position = position(place);
    this.recordedAt = recordedAt;
    this.schemaVersion = schemaVersion;
    this.type = names.textOf(type);
    this.data = parse(data, isObject, this);
    this.#metadataText = row[8];
    Object.defineProperty(this, 'metadata', METADATA);
    if (!ID.test(id)) throw unreadable(this, 'its id is no ULID');
  }

  static metadataOf(event: StoredEvent): EventMetadata {
    event.#metadata ??= parse(event.#metadataText, isMetadata, event);
    return event.#metadata;
  }
}

const ID = /^[0-7][0-9A-Z]{25}$/;

function parse<Parsed>(text: string, isParsed: (value: unknown) => value is Parsed, event: StoredEvent): Parsed {
  let problem = 'it is not what was written';
  try {
    const value: unknown = JSON.parse(text);
    if (isParsed(value)) return value;
  } catch (cause) {
    problem = cause instanceof Error ? cause.message : String(cause);
  }
  throw unreadable(event, problem);
}

function unreadable(event: RecordedEvent, problem: string): UnreadableEvent {
  return new UnreadableEvent({ ...placeOf(event), problem });
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isMetadata(value: unknown): value is EventMetadata {
  return isObject(value) && typeof value['actor'] === 'string' && typeof value['correlationId'] === 'string';
}
