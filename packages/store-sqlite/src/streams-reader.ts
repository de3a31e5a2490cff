import type { Position, RecordedEvent } from '@login-policy/event-sourcing';
import { ordinalOf, type EventFilter } from '@login-policy/event-sourcing/store';
import type { Names } from './names.js';
import type { PageReader } from './page-reader.js';
import { READ_COLUMNS } from './rows.js';

/** The streams that a reader asks for. */
export interface WantedStreams {
  readonly upTo: Position;
  readonly filter: EventFilter | undefined;
  readonly pageSize: number;
}

/** Where a reader of all streams continues. */
export interface StreamCursor {
  /** The last event read. */
  readonly last: RecordedEvent | undefined;
  /** The same event, if its stream may have more events. */
  readonly unfinished: RecordedEvent | undefined;
  /**
   * Stream names are cached up to this one. They are loaded together, because single loads would take most of the time.
   */
  readonly cachedUpTo: string | undefined;
}

const NAMES_PER_LOAD = 1000;

/** Before the first stream. */
export const FIRST_STREAM: StreamCursor = { last: undefined, unfinished: undefined, cachedUpTo: undefined };

/**
 * Reads one stream after another in the order of their names. Rows have the same order, so a rebuild fills the file's
 * pages one after another.
 */
export class StreamsReader {
  readonly #names: Names;
  readonly #pages: PageReader;

  constructor(names: Names, pages: PageReader) {
    this.#names = names;
    this.#pages = pages;
  }

  /** The next page, and the cursor after it; `undefined` after the last stream. */
  next(
    cursor: StreamCursor,
    wanted: WantedStreams,
  ): { events: readonly RecordedEvent[]; cursor: StreamCursor } | undefined {
    const { unfinished } = cursor;
    const cachedUpTo = unfinished === undefined ? this.#cacheNamesAhead(cursor) : cursor.cachedUpTo;
    const { count, events, pageSize } = this.#pages.readFitting(wanted.pageSize, (size) => ({
      ...(unfinished === undefined ? this.#streamsAfter(cursor, wanted, size) : this.#restOf(unfinished, wanted, size)),
      pageSize: size,
    }));
    if (count === 0 && unfinished === undefined) return undefined;
    const isWhole = count < pageSize && events.length === count;
    const last = events.at(-1) ?? cursor.last;
    return { events, cursor: { last, unfinished: isWhole ? undefined : last, cachedUpTo } };
  }

  #cacheNamesAhead({ last, cachedUpTo }: StreamCursor): string | undefined {
    const after = last?.streamId ?? '';
    return cachedUpTo !== undefined && after < cachedUpTo ? cachedUpTo : this.#names.cacheAfter(after, NAMES_PER_LOAD);
  }

  #restOf(last: RecordedEvent, { upTo }: WantedStreams, size: number): ReturnType<PageReader['page']> {
    const sql = `SELECT ${READ_COLUMNS} FROM events WHERE stream = ? AND revision > ? AND position <= ? ORDER BY revision LIMIT ?`;
    const values = [this.#names.find(last.streamId) ?? 0, Number(last.revision), Number(ordinalOf(upTo)), size];
    return this.#pages.page(sql, values, { isInOrder: false });
  }

  #streamsAfter({ last }: StreamCursor, { upTo, filter }: WantedStreams, size: number): ReturnType<PageReader['page']> {
    const after = last?.streamId ?? '';
    const { clause, values } = this.#pages.conditionOf(filter);
    const sql = `SELECT ${READ_COLUMNS} FROM (SELECT id AS number, name FROM names) AS streams
      CROSS JOIN events ON events.stream = streams.number
      WHERE streams.name > ? AND position <= ?${clause} ORDER BY streams.name, revision LIMIT ?`;
    const parameters = [after, Number(ordinalOf(upTo)), ...values, size];
    return this.#pages.page(sql, parameters, { isInOrder: false });
  }
}
