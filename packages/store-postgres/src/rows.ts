import {
  eventId,
  instant,
  parseStreamId,
  position,
  revision,
  type EventMetadata,
  type JsonObject,
  type RecordedEvent,
  type StreamId,
} from '@login-policy/event-sourcing';
import type { Cell } from './queries.js';
import { givenText } from './names.js';

const ID_LENGTH = 26;
/** Bytes of the numbers of an event: three of 8, one of 4. */
const PLACE_LENGTH = 28;

/** What a page has in its columns, each for all of its events. */
export interface PageColumns {
  /** Position, revision, time and schema version, as bytes. */
  readonly places: string;
  readonly ids: Cell | undefined;
  readonly types: Cell | undefined;
  readonly streams: Cell | undefined;
  readonly data: Cell | undefined;
  readonly metadata: Cell | undefined;
}

/**
 * Makes the events of a page. Metadata is parsed when somebody asks for it: a fold hardly ever does.
 *
 * @throws TypeError and others when the columns are not what was written.
 */
export function eventsOf(columns: PageColumns, streams: StreamNames): readonly RecordedEvent[] {
  const places = Buffer.from(columns.places.slice(2), 'hex');
  const ids = text(columns.ids);
  const [types, names, data] = [columns.types, columns.streams, columns.data].map(listIn);
  const metadataOf = linesOf(text(columns.metadata));
  const events: RecordedEvent[] = [];
  for (let index = 0; index * PLACE_LENGTH < places.length; index++) {
    const at = index * PLACE_LENGTH;
    events.push({
      id: eventId(ids.slice(index * ID_LENGTH, (index + 1) * ID_LENGTH)),
      streamId: streams.named(word(names?.[index])),
      revision: revision(places.readBigInt64BE(at + 8)),
      position: position(places.readBigInt64BE(at)),
      recordedAt: instant(Number(places.readBigInt64BE(at + 16))),
      type: givenText(word(types?.[index])),
      schemaVersion: places.readInt32BE(at + 24),
      data: objectOf(data?.[index]),
      get metadata() {
        return metadataOf(index);
      },
    });
  }
  return events;
}

/** The metadata of a page, each parsed once, when it is asked for. JSON has no line break of its own. */
function linesOf(page: string): (index: number) => EventMetadata {
  let lines: readonly string[] | undefined;
  const parsed: EventMetadata[] = [];
  return (index) => {
    lines ??= page.split('\n');
    return (parsed[index] ??= parsedMetadata(lines[index] ?? ''));
  };
}

function listIn(json: Cell | undefined): readonly unknown[] {
  const parsed: unknown = JSON.parse(text(json));
  return Array.isArray(parsed) ? parsed : [];
}

const NAMES_KEPT = 10_000;

/** The names of streams seen lately: in a log of many the same ones come again and again. */
export class StreamNames {
  readonly #names = new Map<string, StreamId>();

  /** The name that a column holds. @throws TypeError when it is none. */
  named(stored: string): StreamId {
    const known = this.#names.get(stored);
    if (known !== undefined) return known;
    if (this.#names.size >= NAMES_KEPT) this.#names.clear();
    const name = parseStreamId(givenText(stored));
    this.#names.set(stored, name);
    return name;
  }
}

/** What has to be there. @throws TypeError when the column is null. */
export function text(cell: Cell | undefined): string {
  if (typeof cell === 'string') return cell;
  throw new TypeError('a column that has a value is null');
}

function word(parsed: unknown): string {
  if (typeof parsed === 'string') return parsed;
  throw new TypeError('a name of an event is no text');
}

function objectOf(parsed: unknown): JsonObject {
  if (isObject(parsed)) return parsed;
  throw new TypeError('the data of an event is an object');
}

function parsedMetadata(json: string): EventMetadata {
  const parsed: unknown = JSON.parse(json);
  if (isMetadata(parsed)) return parsed;
  throw new TypeError('the metadata of an event has an actor and a correlation id');
}

function isObject(parsed: unknown): parsed is JsonObject {
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
}

function isMetadata(parsed: unknown): parsed is EventMetadata {
  return isObject(parsed) && typeof parsed['actor'] === 'string' && typeof parsed['correlationId'] === 'string';
}
