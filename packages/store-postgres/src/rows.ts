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
import type { Cell, Cells } from './connection.js';
import { givenText } from './names.js';

/** The columns {@link eventReader} reads, in its order. */
export const EVENT_COLUMNS =
  'position, stream, revision, id, type, schema_version, recorded_at, data::text, metadata::text, whole_stream';

/** Makes events of rows. Metadata is parsed when somebody asks for it: a fold hardly ever does. */
export function eventReader(store: string): (cells: Cells) => RecordedEvent {
  const streams = new StreamNames();
  return (cells) => {
    try {
      return eventOf(cells, streams);
    } catch (cause) {
      throw new StoreDamaged({ store, problem: `the event at position ${cells[0] ?? '?'} can't be read` }, cause);
    }
  };
}

function eventOf(cells: Cells, streams: StreamNames): RecordedEvent {
  const [place, stream, own, id, type, version, recordedAt, data, metadata, whole] = cells;
  let parsed: EventMetadata | undefined;
  const json = text(metadata);
  return {
    id: eventId(text(id)),
    streamId: streams.named(whole ?? text(stream)),
    revision: revision(BigInt(text(own))),
    position: position(BigInt(text(place))),
    recordedAt: instant(Number(text(recordedAt))),
    type: givenText(text(type)),
    schemaVersion: Number(text(version)),
    data: dataOf(text(data)),
    get metadata() {
      parsed ??= metadataOf(json);
      return parsed;
    },
  };
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

function dataOf(json: string): JsonObject {
  const parsed: unknown = JSON.parse(json);
  if (isObject(parsed)) return parsed;
  throw new TypeError('the data of an event is an object');
}

function metadataOf(json: string): EventMetadata {
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
