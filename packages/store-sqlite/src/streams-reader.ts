import type { Position, RecordedEvent } from '@login-policy/event-sourcing';
import { ordinalOf, type EventFilter } from '@login-policy/event-sourcing/store';
import type { Names } from './names.js';
import type { PageReader } from './page-reader.js';
import { READ_COLUMNS } from './rows.js';

/** What a reader of all streams asks for. */
export interface WantedStreams {
  readonly upTo: Position;
  readonly filter: EventFilter | undefined;
  readonly pageSize: number;
}

/** The cursor of a reader of all streams: after an event. */
export interface StreamCursor {
  readonly last: RecordedEvent | undefined;
  /** The last event read of a stream that is not finished. */
  readonly goesOn: RecordedEvent | undefined;
  /** The last of the names cached together: loading them one by one would take most of the time. */
  readonly learnt: string | undefined;
}

const LEARNT_AT_ONCE = 1000;

/** Before the first stream. */
export const FIRST_STREAM: StreamCursor = { last: undefined, goesOn: undefined, learnt: undefined };

/**
 * Reads one stream after another in the order of their names. Rows have the same order, so a caller that writes them
 * fills the file's pages one after another.
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
    const { goesOn } = cursor;
    const learnt = goesOn === undefined ? this.#learnAhead(cursor) : cursor.learnt;
    const { count, events, pageSize } = this.#pages.readFitting(wanted.pageSize, (size) => ({
      ...(goesOn === undefined ? this.#streamsAfter(cursor, wanted, size) : this.#restOf(goesOn, wanted, size)),
      pageSize: size,
    }));
    if (count === 0 && goesOn === undefined) return undefined;
    const isWhole = count < pageSize && events.length === count;
    const last = events.at(-1) ?? cursor.last;
    return { events, cursor: { last, goesOn: isWhole ? undefined : last, learnt } };
  }

  #learnAhead({ last, learnt }: StreamCursor): string | undefined {
    const after = last?.streamId ?? '';
    return learnt !== undefined && after < learnt ? learnt : this.#names.cacheAfter(after, LEARNT_AT_ONCE);
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
    const found = [after, Number(ordinalOf(upTo)), ...values, size];
    return this.#pages.page(sql, found, { isInOrder: false });
  }
}
