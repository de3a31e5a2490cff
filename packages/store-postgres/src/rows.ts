import {
  eventId,
  instant,
  isJsonObject,
  parseStreamId,
  type RecordedEvent,
  revision,
} from '@login-policy/event-sourcing';
import { metadataIn, positionOf } from '@login-policy/event-sourcing/store';
import type { Cell, Cells } from './queries.js';
import { originalText } from './names.js';

const ID_LENGTH = 26;
/** The bytes of an event's numbers: three of 8. */
const NUMBERS_LENGTH = 24;
/** The bytes of an event's unusual numbers: its position of 8, three of 4. */
const UNUSUAL_LENGTH = 20;

/**
 * The events of a page, whose columns each hold something of all events: position, revision and time as bytes, in
 * hexadecimal; the unusual numbers likewise, only of events with another schema version than 1 or appended with others;
 * ids; and lists of types, streams, data and metadata.
 *
 * @throws TypeError and others when the columns are malformed.
 */
export function eventsOf(columns: Cells): readonly RecordedEvent[] {
  const [numbersInHex, unusualInHex, joinedIds, ...lists] = columns;
  const ids = text(joinedIds);
  const numbers = bytesOf(text(numbersInHex));
  const unusual = new UnusualNumbers(bytesOf(unusualInHex ?? ''));
  const [types, streams, data, metadata] = lists.slice(0, 4).map(listIn);
  const events: RecordedEvent[] = [];
  for (let index = 0; index * NUMBERS_LENGTH < numbers.byteLength; index++) {
    const at = index * NUMBERS_LENGTH;
    const id = eventId(ids.slice(index * ID_LENGTH, (index + 1) * ID_LENGTH));
    events.push({
      id,
      streamId: parseStreamId(originalText(stringIn(streams?.[index]))),
      revision: revision(numbers.getBigInt64(at + 8)),
      position: positionOf(numbers.getBigInt64(at), id),
      recordedAt: instant(numbers.getInt32(at + 16) * 2 ** 32 + numbers.getUint32(at + 20)),
      type: originalText(stringIn(types?.[index])),
      ...contentOf(data?.[index], metadata?.[index]),
      ...unusual.of(numbers.getBigInt64(at)),
    });
  }
  return events;
}

function contentOf(data: unknown, storedMetadata: unknown): Pick<RecordedEvent, 'data' | 'metadata'> {
  const metadata = metadataIn(storedMetadata);
  if (!isJsonObject(data)) throw new TypeError('the data of an event must be an object');
  if (metadata === undefined) throw new TypeError('the metadata of an event must have an actor and a correlation id');
  return { data, metadata };
}

const USUAL = { schemaVersion: 1 } as const;

/** The unusual numbers of a page's events, in order. */
class UnusualNumbers {
  readonly #bytes: DataView;
  #at = 0;

  constructor(bytes: DataView) {
    this.#bytes = bytes;
  }

  /** The numbers of an event. Call it with the events in order. Without a count, the event was appended alone. */
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
  throw new TypeError('expected text in a column, got null');
}

function stringIn(parsed: unknown): string {
  if (typeof parsed === 'string') return parsed;
  throw new TypeError('expected a string as the type or stream of an event');
}
