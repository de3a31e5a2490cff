import type { Position, RecordedEvent } from '@login-policy/event-sourcing';
import { type EventFilter, nameRanges, ordinalOf } from '@login-policy/event-sourcing/store';
import type { Names } from './names.js';
import type { LogReader } from './log-reader.js';
import type { EventPage } from './rows.js';
import { READ_COLUMNS } from './event-statements.js';

/** The streams that a reader asks for. */
export interface WantedStreams {
  readonly upTo: Position;
  readonly filter: EventFilter | undefined;
  readonly pageSize: number;
}

/** Where a reader of all streams continues. */
export interface StreamCursor {
  /** How many of the wanted categories were read to their end. */
  readonly categoriesDone: number;
  /** The last event read of the next category. */
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
export const FIRST_STREAM: StreamCursor = {
  categoriesDone: 0,
  last: undefined,
  unfinished: undefined,
  cachedUpTo: undefined,
};

/**
 * Reads one stream after another in the order of their names. Rows have the same order, so a rebuild fills the file's
 * pages one after another.
 */
export class StreamsReader {
  readonly #names: Names;
  readonly #log: LogReader;

  constructor(names: Names, log: LogReader) {
    this.#names = names;
    this.#log = log;
  }

  /**
   * The next page, and the cursor after it; `undefined` after the last stream. Streams of other categories are not even
   * looked at, because millions of them would block the event loop for long.
   */
  next(
    cursor: StreamCursor,
    wanted: WantedStreams,
  ): { events: readonly RecordedEvent[]; cursor: StreamCursor } | undefined {
    const { categoriesDone, unfinished } = cursor;
    const range = nameRanges(wanted.filter)[categoriesDone];
    if (range === undefined) return undefined;
    const cachedUpTo = unfinished === undefined ? this.#cacheNamesAhead(cursor, range) : cursor.cachedUpTo;
    const { events, isLast } =
      unfinished === undefined ? this.#streamsAfter(cursor, range, wanted) : this.#restOf(unfinished, wanted);
    if (events.length === 0 && unfinished === undefined)
      return { events, cursor: { ...FIRST_STREAM, categoriesDone: categoriesDone + 1 } };
    const last = events.at(-1) ?? cursor.last;
    return { events, cursor: { categoriesDone, last, unfinished: isLast ? undefined : last, cachedUpTo } };
  }

  #cacheNamesAhead(
    { last, cachedUpTo }: StreamCursor,
    [from]: readonly [from: string, before?: string],
  ): string | undefined {
    const after = last?.streamId ?? from;
    return cachedUpTo !== undefined && after < cachedUpTo ? cachedUpTo : this.#names.cacheAfter(after, NAMES_PER_LOAD);
  }

  #restOf(last: RecordedEvent, { upTo, pageSize }: WantedStreams): EventPage {
    const sql = `SELECT ${READ_COLUMNS} FROM events WHERE stream = ? AND revision > ? AND position <= ? ORDER BY revision LIMIT ?`;
    const stream = this.#names.find(last.streamId) ?? 0;
    return this.#log.page(sql, [stream, Number(last.revision), Number(ordinalOf(upTo)), pageSize]);
  }

  #streamsAfter(
    { last }: StreamCursor,
    [first, before]: readonly [from: string, before?: string],
    { upTo, pageSize }: WantedStreams,
  ): EventPage {
    // The first text after a name.
    const from = last === undefined ? first : `${last.streamId}\0`;
    const [clause, bounds] = before === undefined ? ['', [from]] : ['AND streams.name < ?', [from, before]];
    const sql = `SELECT ${READ_COLUMNS} FROM (SELECT id AS number, name FROM names) AS streams
      CROSS JOIN events ON events.stream = streams.number
      WHERE streams.name >= ? ${clause} AND position <= ? ORDER BY streams.name, revision LIMIT ?`;
    return this.#log.page(sql, [...bounds, Number(ordinalOf(upTo)), pageSize]);
  }
}
