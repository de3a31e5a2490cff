import { isFault, instant, revision, type RecordedEvent } from '@login-policy/event-sourcing';
import {
  Fault,
  followedInAppend,
  type PlaceInAppend,
  LARGEST_APPEND,
  LARGEST_SCHEMA_VERSION,
  isJsonObject,
  metadataIn,
  isEventId,
  positionOf,
  unreadableEvent,
} from '@login-policy/event-sourcing/store';
import { isDriverError } from './faults.js';
import type { Names } from './names.js';

/** A type and a schema version share one number; versions are smaller than this. */
const SCHEMA_VERSIONS = LARGEST_SCHEMA_VERSION + 1;

/**
 * The columns of an event's row in a read. Passing columns to JavaScript is most of a read's time, so some numbers are
 * combined.
 */
export const READ_COLUMNS: string = `position, stream, revision, type * ${SCHEMA_VERSIONS} + schema_version AS type_and_version,
  recorded_at, place_in_append, data, id, metadata`;

/** An event as the driver returns it: a list, which takes half the time of an object. */
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

/** A place and a count share one number; counts are smaller than this. */
const APPENDS = LARGEST_APPEND + 1;

/** The column value of an event's place in its append. */
export function packAppend(append: PlaceInAppend | undefined): number {
  return append === undefined ? 0 : append.place * APPENDS + append.count;
}

/** How many events of the same append follow an event with this column value. */
export function followedIn(packed: number): number {
  const { count, place } = unpackAppend(packed);
  return count - place;
}

function unpackAppend(packed: number): PlaceInAppend {
  return { place: Math.floor(packed / APPENDS), count: packed % APPENDS };
}

/**
 * The events of rows, up to the end of the append before the first unreadable event.
 *
 * @throws UnreadableEvent, StoreDamaged when that is in the first append.
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

/** Any error in a row means damage, but SQLite's own errors of a read stay as they are. */
function damageOf(caught: unknown, [place]: EventRow, { store }: Names): unknown {
  if (isFault(caught) || isDriverError(caught)) return caught;
  const why = caught instanceof Error ? caught.message : String(caught);
  return new Fault(
    'store-damaged',
    { store, problem: `the event at position ${String(place)} can't be read (${why})` },
    caught,
  );
}

/** The parsed parts of an event's row that are not numbers, unchecked. */
interface Content {
  readonly id: string;
  readonly data: unknown;
  readonly metadata: unknown;
}

/** The event of a row. @throws UnreadableEvent when the row is malformed. */
export function storedEvent(
  [place, stream, inStream, typeAndVersion, recordedAt, packed]: readonly [...EventPlaced, ...unknown[]],
  names: Names,
  { id, data, metadata: given }: Content,
): RecordedEvent {
  const schemaVersion = typeAndVersion % SCHEMA_VERSIONS;
  const placed = {
    streamId: names.streamOf(stream),
    revision: revision(inStream),
    schemaVersion,
    type: names.textOf((typeAndVersion - schemaVersion) / SCHEMA_VERSIONS),
  };
  if (!isEventId(id)) throw unreadableEvent(placed, 'expected a ULID as its id');
  const metadata = metadataIn(given);
  if (!isJsonObject(data) || metadata === undefined)
    throw unreadableEvent(placed, 'expected a JSON object as data, and metadata with an actor and a correlation id');
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
