import {
  Fault,
  instant,
  isFault,
  isJsonObject,
  parseStreamId,
  type RecordedEvent,
  revision,
} from '@login-policy/event-sourcing';
import { followedInAppend, isEventId, metadataIn, positionOf } from '@login-policy/event-sourcing/store';
import type { EventRow } from './event-statements.js';

/** The place and the count of an event in its append share one stored number; counts are smaller than this. */
const APPEND_COUNTS = 65_536;

type PlaceInAppend = NonNullable<RecordedEvent['append']>;

/** The column value of an event's place in its append. */
export function packAppend(append: PlaceInAppend | undefined): number {
  return append === undefined ? 0 : append.place * APPEND_COUNTS + append.count;
}

/** How many events of the same append follow an event with this column value. */
export function followedIn(packed: number): number {
  const { count, place } = unpackAppend(packed);
  return count - place;
}

function unpackAppend(packed: number): PlaceInAppend {
  return { place: Math.floor(packed / APPEND_COUNTS), count: packed % APPEND_COUNTS };
}

/** The events of a page, and whether no more follow. */
export interface EventPage {
  readonly events: readonly RecordedEvent[];
  readonly isLast: boolean;
}

/** A page ends early at this many characters of JSON, so that large events do not fill the memory. */
const MOST_TEXT = 64_000_000;

/**
 * The events of at most `limit` rows: fewer if they have much text, or up to the end of the append before the first
 * unreadable event.
 *
 * @throws UnreadableEvent, StoreDamaged when the unreadable event is in the first append.
 */
export function pageOf(rows: Iterable<EventRow>, store: string, limit: number): EventPage {
  const events: RecordedEvent[] = [];
  let size = 0;
  for (const row of rows) {
    try {
      events.push(storedEvent(row));
    } catch (caught) {
      const whole = events.findLastIndex((event) => followedInAppend(event) === 0) + 1;
      if (whole === 0) throw damageOf(caught, row, store);
      return { events: events.slice(0, whole), isLast: false };
    }
    const [, , , , , , , , data, metadata] = row;
    size += data.length + metadata.length;
    if (size > MOST_TEXT) return { events, isLast: false };
  }
  return { events, isLast: events.length < limit };
}

/** An error of decoding means that the row is damaged. */
function damageOf(caught: unknown, [ordinal]: EventRow, store: string): unknown {
  if (isFault(caught)) return caught;
  const reason = caught instanceof Error ? caught.message : String(caught);
  return new Fault(
    'store-damaged',
    { store, problem: `the event at position ${String(ordinal)} can't be read (${reason})` },
    caught,
  );
}

/** The event of a row. @throws UnreadableEvent when the row is malformed. */
export function storedEvent(row: EventRow): RecordedEvent {
  const [ordinal, stream, streamRevision, type, schemaVersion, recordedAt, packedAppend, id] = row;
  const facts = { streamId: parseStreamId(stream), revision: revision(streamRevision), schemaVersion, type };
  const unreadable = (problem: string): Fault => new Fault('unreadable-event', { ...facts, problem });
  if (!isEventId(id)) throw unreadable('expected a ULID as its id');
  const [, , , , , , , , dataText, metadataText] = row;
  const [data, metadata] = [parse(dataText), metadataIn(parse(metadataText))];
  if (!isJsonObject(data) || metadata === undefined)
    throw unreadable('expected a JSON object as data, and metadata with an actor and a correlation id');
  const event = { id, ...facts, position: positionOf(ordinal, id), recordedAt: instant(recordedAt), data, metadata };
  return packedAppend === 0 ? event : { ...event, append: unpackAppend(packedAppend) };
}

/** `undefined` for text that is not JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
