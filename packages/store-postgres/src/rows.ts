import { instant, revision, type RecordedEvent } from '@login-policy/event-sourcing';
import { parseStreamId, eventId, dataOf, metadataOf, positionOf } from '@login-policy/event-sourcing/store';
import type { Cell } from './queries.js';
import { givenText } from './names.js';

const ID_LENGTH = 26;
/** The bytes of an event's numbers: three of 8. */
const PLACE_LENGTH = 24;
/** The bytes of an event's unusual numbers: its position of 8, three of 4. */
const UNUSUAL_LENGTH = 20;

/** The columns of a page, each for all of its events. */
export interface PageColumns {
  /** Position, revision and time as bytes, in hexadecimal. */
  readonly places: string;
  /**
   * Position, schema version, place and count in the append, for events with a version other than 1 or recorded with
   * others.
   */
  readonly unusual: Cell | undefined;
  readonly types: Cell | undefined;
  readonly streams: Cell | undefined;
  readonly data: Cell | undefined;
  readonly ids: Cell | undefined;
  readonly metadata: Cell | undefined;
}

/**
 * The events of a page.
 *
 * @throws TypeError and others when the columns are malformed.
 */
export function eventsOf(columns: PageColumns): readonly RecordedEvent[] {
  const ids = text(columns.ids);
  const places = bytesOf(columns.places);
  const unusual = new Unusual(bytesOf(columns.unusual ?? ''));
  const [types, streams, data, metadata] = [columns.types, columns.streams, columns.data, columns.metadata].map(listIn);
  const events: RecordedEvent[] = [];
  for (let index = 0; index * PLACE_LENGTH < places.byteLength; index++) {
    const at = index * PLACE_LENGTH;
    const id = eventId(ids.slice(index * ID_LENGTH, (index + 1) * ID_LENGTH));
    events.push({
      id,
      streamId: parseStreamId(givenText(word(streams?.[index]))),
      revision: revision(places.getBigInt64(at + 8)),
      position: positionOf(places.getBigInt64(at), id),
      recordedAt: instant(places.getInt32(at + 16) * 2 ** 32 + places.getUint32(at + 20)),
      type: givenText(word(types?.[index])),
      data: dataOf(data?.[index]),
      metadata: metadataOf(metadata?.[index]),
      ...unusual.of(places.getBigInt64(at)),
    });
  }
  return events;
}

const USUAL = { schemaVersion: 1 } as const;

/** The unusual numbers of a page's events, in order. */
class Unusual {
  readonly #bytes: DataView;
  #at = 0;

  constructor(bytes: DataView) {
    this.#bytes = bytes;
  }

  /** Those of the event at the next position. Without a place, it was recorded alone, or before places were stored. */
  of(ordinal: bigint): Pick<RecordedEvent, 'schemaVersion' | 'append'> {
    const [bytes, at] = [this.#bytes, this.#at];
    if (at >= bytes.byteLength || bytes.getBigInt64(at) !== ordinal) return USUAL;
    this.#at += UNUSUAL_LENGTH;
    const [schemaVersion, count] = [bytes.getInt32(at + 8), bytes.getInt32(at + 16)];
    return count === 0 ? { schemaVersion } : { schemaVersion, append: { place: bytes.getInt32(at + 12), count } };
  }
}

function bytesOf(hexadecimal: string): DataView {
  const bytes = Buffer.from(hexadecimal, 'hex');
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function listIn(json: Cell | undefined): readonly unknown[] {
  const parsed: unknown = JSON.parse(text(json));
  return Array.isArray(parsed) ? parsed : [];
}

/** A column that must not be null. @throws TypeError when it is */
export function text(cell: Cell | undefined): string {
  if (typeof cell === 'string') return cell;
  throw new TypeError('a column that has a value is null');
}

function word(parsed: unknown): string {
  if (typeof parsed === 'string') return parsed;
  throw new TypeError('the type or id of an event is not a string');
}
