import { isFault, instant, revision, type RecordedEvent } from '@login-policy/event-sourcing';
import {
  UnreadableEvent,
  followedInAppend,
  StoreDamaged,
  type EventPlace,
  type PlaceInAppend,
  LARGEST_APPEND,
  LARGEST_SCHEMA_VERSION,
  isEventMetadata,
  isJsonObject,
  isEventId,
  positionOf,
} from '@login-policy/event-sourcing/store';
import { isDriverError } from './faults.js';
import type { Names } from './names.js';

/** A type and a schema version share a number: the version is less than this. */
const SCHEMA_VERSIONS = LARGEST_SCHEMA_VERSION + 1;

/** An event's row as it is read. Handing a column to JavaScript is most of the time of a read, so two numbers come as one. */
export const READ_COLUMNS: string = `position, stream, revision, type * ${SCHEMA_VERSIONS} + schema_version AS type_and_version,
  recorded_at, place_in_append, data, id, metadata`;

/** An event as the driver hands it out: as a list, which is half as dear as an object. */
export type EventRow = readonly [...EventPlaced, data: string, id: string, metadata: string];

/** The numbers of an event's row. */
export type EventPlaced = readonly [
  position: number,
  stream: number,
  revision: number,
  typeAndVersion: number,
  recordedAt: number,
  append: number,
];

/** Place and count share a number: the count is less than this. */
const APPENDS = LARGEST_APPEND + 1;

/** What a column has of an event's place in its append. */
export function packAppend(append: PlaceInAppend | undefined): number {
  return append === undefined ? 0 : append.place * APPENDS + append.count;
}

/** How many events of its append come after an event with this in its column. */
export function followedIn(packed: number): number {
  const { count, place } = unpackAppend(packed);
  return count - place;
}

function unpackAppend(packed: number): PlaceInAppend {
  return { place: Math.floor(packed / APPENDS), count: packed % APPENDS };
}

/**
 * The events of rows, up to the append with the first that can't be read.
 *
 * @throws UnreadableEvent, StoreDamaged when it is in the very first append.
 */
export function eventsOf(rows: readonly EventRow[], names: Names): readonly RecordedEvent[] {
  const events: RecordedEvent[] = [];
  for (const row of rows) {
    const [, , , , , , data, id, metadata] = row;
    try {
      events.push(storedEvent(row, names, { id, data: parse(data), metadata: parse(metadata) }));
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
  if (isFault(caught) || isDriverError(caught)) return caught;
  const why = caught instanceof Error ? caught.message : String(caught);
  return new StoreDamaged({ store, problem: `the event at position ${String(place)} can't be read (${why})` }, caught);
}

/** What an event's row says that is not a number, parsed, whatever it may be. */
interface Content {
  readonly id: string;
  readonly data: unknown;
  readonly metadata: unknown;
}

/** The event of a row. @throws UnreadableEvent when the row is not what was written. */
export function storedEvent(
  [place, stream, inStream, typeAndVersion, recordedAt, packed]: readonly [...EventPlaced, ...unknown[]],
  names: Names,
  { id, data, metadata }: Content,
): RecordedEvent {
  const schemaVersion = typeAndVersion % SCHEMA_VERSIONS;
  const placed = {
    streamId: names.streamOf(stream),
    revision: revision(inStream),
    schemaVersion,
    type: names.textOf((typeAndVersion - schemaVersion) / SCHEMA_VERSIONS),
  };
  if (!isEventId(id)) throw unreadable(placed, 'its id is not a ULID');
  if (!isJsonObject(data) || !isEventMetadata(metadata)) throw unreadable(placed, 'it is not what was written');
  const event = { id, ...placed, position: positionOf(place, id), recordedAt: instant(recordedAt), data, metadata };
  return packed === 0 ? event : { ...event, append: unpackAppend(packed) };
}

/** `undefined` for text that is not JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreadable(event: EventPlace, problem: string): UnreadableEvent {
  return new UnreadableEvent({ ...event, problem });
}
