import {
  eventId,
  instant,
  parseStreamId,
  position,
  revision,
  StoreDamaged,
  type EventMetadata,
  type JsonObject,
  type RecordedEvent,
  type StreamId,
} from '@login-policy/event-sourcing';
import type { Cell, Cells } from './queries.js';
import { givenText } from './names.js';

const ID_LENGTH = 26;
/** Numbers of an event in the first column of a page. */
const PLACES = 4;

/**
 * A page of events in one row. Handing each column of each event from the driver to JavaScript would be most of the time of
 * a read: joined by the server, a page is a few long texts, and its data one call of `JSON.parse`.
 */
export function pageOf(events: string): string {
  return `SELECT string_agg(position || ' ' || revision || ' ' || schema_version || ' ' || recorded_at, ' '),
    string_agg(id, ''), json_agg(type)::text, json_agg(coalesce(whole_stream, stream))::text,
    '[' || string_agg(data::text, ',') || ']', string_agg(metadata::text, E'\\n') FROM (${events}) AS page`;
}

/** Makes events of the columns of {@link pageOf}. Metadata is parsed when somebody asks for it: a fold hardly ever does. */
export function pageReader(store: string): (cells: Cells) => readonly RecordedEvent[] {
  const streams = new StreamNames();
  return (cells) => {
    if (cells[0] === null || cells[0] === undefined) return [];
    try {
      return eventsOf(cells, streams);
    } catch (cause) {
      const [first] = cells[0].split(' ');
      throw new StoreDamaged({ store, problem: `an event from position ${first ?? '?'} on can't be read` }, cause);
    }
  };
}

function eventsOf(cells: Cells, streams: StreamNames): readonly RecordedEvent[] {
  const [placeCells, ids, types, names, data, metadata] = cells.map(text);
  const places = text(placeCells).split(' ');
  const [typeOf, streamOf, dataOf] = [types, names, data].map(listIn);
  const metadataOf = linesOf(text(metadata));
  const events: RecordedEvent[] = [];
  for (let index = 0; index * PLACES < places.length; index++) {
    const at = index * PLACES;
    events.push({
      id: eventId(text(ids).slice(index * ID_LENGTH, (index + 1) * ID_LENGTH)),
      streamId: streams.named(word(streamOf?.[index])),
      revision: revision(BigInt(places[at + 1] ?? '')),
      position: position(BigInt(places[at] ?? '')),
      recordedAt: instant(Number(places[at + 3])),
      type: givenText(word(typeOf?.[index])),
      schemaVersion: Number(places[at + 2]),
      data: objectOf(dataOf?.[index]),
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

function listIn(json: string | undefined): readonly unknown[] {
  const parsed: unknown = JSON.parse(json ?? '[]');
  return Array.isArray(parsed) ? parsed : [];
}

/** The last name seen, which is most often the next one too. */
class StreamNames {
  #stored = '';
  #named: StreamId | undefined;

  named(stored: string): StreamId {
    if (this.#named !== undefined && stored === this.#stored) return this.#named;
    this.#stored = stored;
    this.#named = parseStreamId(givenText(stored));
    return this.#named;
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
