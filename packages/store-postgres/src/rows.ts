import { instant, revision, type RecordedEvent } from '@login-policy/event-sourcing';
import { parseStreamId, eventId, dataOf, metadataOf, positionOf } from '@login-policy/event-sourcing/store';
import type { Cell } from './queries.js';
import { givenText } from './names.js';

const ID_LENGTH = 26;
/** Bytes of the numbers of an event: three of 8. */
const PLACE_LENGTH = 24;
/** Bytes of what is unusual of an event: its position of 8, three of 4. */
const UNUSUAL_LENGTH = 20;

/** What a page has in its columns, each for all of its events. */
export interface PageColumns {
  /** Position, revision and time: bytes, in hexadecimal. */
  readonly places: string;
  /** Position, schema version, place and count in the append, of those events that are not of version 1 and recorded alone. */
  readonly unusual: Cell | undefined;
  readonly types: Cell | undefined;
  readonly streams: Cell | undefined;
  readonly data: Cell | undefined;
  readonly ids: Cell | undefined;
  readonly metadata: Cell | undefined;
}

/**
 * Makes the events of a page.
 *
 * @throws TypeError and others when the columns are not what was written.
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

/** What is unusual of the events of a page, in their order. */
class Unusual {
  readonly #bytes: DataView;
  #at = 0;

  constructor(bytes: DataView) {
    this.#bytes = bytes;
  }

  /** Of the event at the next position; without a place it was recorded alone, or before places were kept. */
  of(place: bigint): Pick<RecordedEvent, 'schemaVersion' | 'append'> {
    const [bytes, at] = [this.#bytes, this.#at];
    if (at >= bytes.byteLength || bytes.getBigInt64(at) !== place) return USUAL;
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

/** What has to be there. @throws TypeError when the column is null. */
export function text(cell: Cell | undefined): string {
  if (typeof cell === 'string') return cell;
  throw new TypeError('a column that has a value is null');
}

function word(parsed: unknown): string {
  if (typeof parsed === 'string') return parsed;
  throw new TypeError('the type or id of an event is not a string');
}
