import {
  instant,
  OriginlessEvent,
  placeOf,
  position,
  revision,
  UnreadableEvent,
  type EventId,
  type EventMetadata,
  type EventPlace,
  type Instant,
  type JsonObject,
  type Position,
  type RecordedEvent,
  type Revision,
  type StreamId,
} from '@login-policy/event-sourcing';
import type { Names } from './names.js';

/** A type and a schema version share a number: the version is less than this. */
export const SCHEMA_VERSIONS = 65_536;

/**
 * An event's row as it is read. Handing a column to JavaScript is most of the time of a read, so two numbers come as one,
 * and so do the id (26 characters) and the metadata behind it.
 */
export const READ_COLUMNS: string = `position, stream, revision, type * ${SCHEMA_VERSIONS} + schema_version AS type_and_version,
  recorded_at, data, id || metadata AS id_and_metadata`;

/** An event as the driver hands it out: as a list, which is half as dear as an object. */
export type EventRow = readonly [...EventPlaced, data: string, idAndMetadata: string];

/** The numbers of an event's row. */
export type EventPlaced = readonly [
  position: number,
  stream: number,
  revision: number,
  typeAndVersion: number,
  recordedAt: number,
];

const ID_LENGTH = 26;
const ULID = /^[0-7][0-9A-Z]{25}$/;

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

/** An event as a row has it; its data may have been parsed already. */
export class StoredEvent implements RecordedEvent {
  readonly id: EventId;
  readonly streamId: StreamId;
  readonly revision: Revision;
  readonly position: Position;
  readonly recordedAt: Instant;
  readonly schemaVersion: number;
  readonly type: string;
  readonly data: JsonObject;
  declare readonly metadata: EventMetadata;
  readonly #idAndMetadata: string;
  #metadata: EventMetadata | undefined;

  /** @throws UnreadableEvent when the row is not what was written. */
  constructor(row: EventRow, names: Names, parsedData?: JsonObject) {
    const [place, stream, inStream, typeAndVersion, recordedAt, data, idAndMetadata] = row;
    this.schemaVersion = typeAndVersion % SCHEMA_VERSIONS;
    this.type = names.textOf((typeAndVersion - this.schemaVersion) / SCHEMA_VERSIONS);
    this.streamId = names.streamOf(stream);
    this.revision = revision(inStream);
    this.position = position(place);
    this.recordedAt = instant(recordedAt);
    this.id = this.#idIn(idAndMetadata);
    this.data = parsedData ?? parse(data, isObject, this);
    this.#idAndMetadata = idAndMetadata;
    Object.defineProperty(this, 'metadata', METADATA);
  }

  static metadataOf(event: StoredEvent): EventMetadata {
    event.#metadata ??= parse(event.#idAndMetadata.slice(ID_LENGTH), isMetadata, event);
    return event.#metadata;
  }

  #idIn(idAndMetadata: string): EventId {
    const id = idAndMetadata.slice(0, ID_LENGTH);
    if (isEventId(id)) return id;
    throw unreadable(this, 'its id is no ULID');
  }
}

/** The event of a row that was read without its origin. */
export function originlessEvent(
  [place, stream, inStream, typeAndVersion, recordedAt]: EventPlaced,
  names: Names,
  data: JsonObject,
): OriginlessEvent {
  const schemaVersion = typeAndVersion % SCHEMA_VERSIONS;
  return new OriginlessEvent({
    streamId: names.streamOf(stream),
    revision: revision(inStream),
    position: position(place),
    recordedAt: instant(recordedAt),
    schemaVersion,
    type: names.textOf((typeAndVersion - schemaVersion) / SCHEMA_VERSIONS),
    data,
  });
}

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

function unreadable(event: EventPlace, problem: string): UnreadableEvent {
  return new UnreadableEvent({ ...placeOf(event), problem });
}

function isEventId(text: string): text is EventId {
  return ULID.test(text);
}

/** Whether a value is what an event's data has to be. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isMetadata(value: unknown): value is EventMetadata {
  return isObject(value) && typeof value['actor'] === 'string' && typeof value['correlationId'] === 'string';
}
