import {
  Fault,
  instant,
  followedInAppend,
  OriginlessEvent,
  placeOf,
  position,
  revision,
  StoreDamaged,
  UnreadableEvent,
  type EventId,
  type EventMetadata,
  type EventPlace,
  type Instant,
  type JsonObject,
  type PlaceInAppend,
  type Position,
  type RecordedEvent,
  type Revision,
  type StreamId,
} from '@login-policy/event-sourcing';
import { isDriverError } from './faults.js';
import type { Names } from './names.js';

/** A type and a schema version share a number: the version is less than this. */
export const SCHEMA_VERSIONS = 65_536;

/**
 * An event's row as it is read. Handing a column to JavaScript is most of the time of a read, so two numbers come as one,
 * and so do the id (26 characters) and the metadata behind it.
 */
export const READ_COLUMNS: string = `position, stream, revision, type * ${SCHEMA_VERSIONS} + schema_version AS type_and_version,
  recorded_at, append, data, id || metadata AS id_and_metadata`;

/** An event as the driver hands it out: as a list, which is half as dear as an object. */
export type EventRow = readonly [...EventPlaced, data: string, idAndMetadata: string];

/** The numbers of an event's row. */
export type EventPlaced = readonly [
  position: number,
  stream: number,
  revision: number,
  typeAndVersion: number,
  recordedAt: number,
  append: number,
];

/** An append has less events than this: place and count share a number. */
export const LARGEST_APPEND = 65_536;

/** What a column has of an event's place in its append. */
export function packAppend(append: PlaceInAppend | undefined): number {
  return append === undefined ? 0 : append.place * LARGEST_APPEND + append.count;
}

function unpackAppend(packed: number): PlaceInAppend | undefined {
  return packed === 0 ? undefined : { place: Math.floor(packed / LARGEST_APPEND), count: packed % LARGEST_APPEND };
}

const ID_LENGTH = 26;
const ULID = /^[0-7][0-9A-Z]{25}$/;

/**
 * The events of rows, up to the append with the first that can't be read. Metadata is parsed when somebody asks for it: a
 * projection seldom does.
 *
 * @throws UnreadableEvent, StoreDamaged when it is in the very first append.
 */
export function eventsOf(rows: readonly EventRow[], names: Names): readonly RecordedEvent[] {
  const events: RecordedEvent[] = [];
  for (const row of rows) {
    try {
      events.push(new StoredEvent(row, names));
    } catch (caught) {
      const whole = events.findLastIndex((event) => followedInAppend(event) === 0) + 1;
      if (whole === 0) throw damageOf(caught, row, names);
      return events.slice(0, whole);
    }
  }
  return events;
}

/** A row that makes no event is damage, whatever was thrown for it; what SQLite says of a read stays what it is. */
function damageOf(caught: unknown, [place]: EventRow, { store }: Names): unknown {
  if (caught instanceof Fault || isDriverError(caught)) return caught;
  const why = caught instanceof Error ? caught.message : String(caught);
  return new StoreDamaged({ store, problem: `the event at position ${String(place)} can't be read (${why})` }, caught);
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
  declare readonly append?: PlaceInAppend;
  declare readonly metadata: EventMetadata;
  readonly #idAndMetadata: string;
  #metadata: EventMetadata | undefined;

  /** @throws UnreadableEvent when the row is not what was written. */
  constructor(row: EventRow, names: Names, parsedData?: JsonObject) {
    const [place, stream, inStream, typeAndVersion, recordedAt, packed, data, idAndMetadata] = row;
    this.schemaVersion = typeAndVersion % SCHEMA_VERSIONS;
    this.type = names.textOf((typeAndVersion - this.schemaVersion) / SCHEMA_VERSIONS);
    this.streamId = names.streamOf(stream);
    this.revision = revision(inStream);
    this.position = position(place);
    this.recordedAt = instant(recordedAt);
    this.id = this.#idIn(idAndMetadata);
    this.data = parsedData ?? parse(data, isObject, this);
    const append = unpackAppend(packed);
    if (append !== undefined) this.append = append;
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
  [place, stream, inStream, typeAndVersion, recordedAt, packed]: EventPlaced,
  names: Names,
  data: JsonObject,
): OriginlessEvent {
  const schemaVersion = typeAndVersion % SCHEMA_VERSIONS;
  const append = unpackAppend(packed);
  return new OriginlessEvent({
    ...(append !== undefined && { append }),
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
