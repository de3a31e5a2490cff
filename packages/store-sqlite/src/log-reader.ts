import {
  Fault,
  laterPosition,
  type Position,
  type RecordedEvent,
  START,
  type StreamId,
} from '@login-policy/event-sourcing';
import {
  type EventFilter,
  followedInAppend,
  nameRanges,
  ordinalOf,
  type ReadAhead,
  type StreamPage,
  type StreamPart,
} from '@login-policy/event-sourcing/store';
import type { Database } from './database.js';
import { type EventRow, type EventStatements, READ_COLUMNS, headOf, positionAt } from './event-statements.js';
import { followedIn, pageOf, type EventPage } from './rows.js';
import type { Statement } from './statement.js';

/** The page that a reader of the log asks for. */
export interface WantedPage {
  readonly after: Position;
  readonly filter: EventFilter | undefined;
  readonly pageSize: number;
}

/** The page that a reader of one stream after another asks for. */
export interface WantedStreams {
  /** The names of the streams. */
  readonly range: readonly [from: string, before?: string];
  /** The last event of the page before. */
  readonly last: RecordedEvent | undefined;
  readonly upTo: Position;
  readonly pageSize: number;
}

/**
 * The number of events scanned at once. It is limited, because a selective filter would block the event loop for long.
 */
const WINDOW = 20_000;

/** Reads the log in the order of positions, a window at a time, without sorting. */
export class LogReader {
  readonly #database: Database;
  readonly #statements: EventStatements;
  readonly #prepared = new Map<string, Statement<(number | string)[], EventRow>>();

  constructor(database: Database, statements: EventStatements) {
    this.#database = database;
    this.#statements = statements;
  }

  /** The events of a part of a stream, up to the end of the append before the first unreadable event. */
  streamPage(streamId: StreamId, { isForwards, from, count }: StreamPart): StreamPage {
    this.#database.refreshCacheEpoch();
    const statement = isForwards ? this.#statements.forwards : this.#statements.backwards;
    return pageOf(statement.iterate(streamId, from, count), this.#database.name, count);
  }

  /**
   * The events after one, in the order of streams. Rows have the same order, so a rebuild fills the file's pages one
   * after another. Streams of other categories are not even looked at, because millions of them would block the event
   * loop for long.
   */
  streamsPage({ range: [first, before], last, upTo, pageSize }: WantedStreams): EventPage {
    const [clause, bounds] = before === undefined ? ['', []] : ['AND stream < ?', [before]];
    const sql = `SELECT ${READ_COLUMNS} FROM events
      WHERE (stream, revision) > (?, ?) ${clause} AND position <= ? ORDER BY stream, revision LIMIT ?`;
    const from = last === undefined ? [first, -1] : [last.streamId, Number(last.revision)];
    return this.#pageBy(sql, [...from, ...bounds, Number(ordinalOf(upTo)), pageSize]);
  }

  /** The position of the last event; `START` when there is none. */
  head(): Position {
    return headOf(this.#statements.head.get(), this.#database.name);
  }

  /** Whether a position is that of an event of this log, or `START`. */
  isInLog(position: Position): boolean {
    return position === START || this.#positionAt(Number(ordinalOf(position))) === position;
  }

  /** The next whole appends after a position. An empty page: the scanned part of the log has no matching event. */
  readAhead({ after, filter, pageSize }: WantedPage): ReadAhead {
    this.#database.refreshCacheEpoch();
    const last = this.head();
    if (after !== last && !this.isInLog(after)) throw new Fault('position-unknown', { position: after, head: last });
    const [start, head] = [Number(ordinalOf(after)), Number(ordinalOf(last))];
    const end = filter === undefined ? head : Math.min(head, start + WINDOW);
    if (start >= end) return { events: [], scannedUpTo: after, reachedHead: true };
    const page = this.#page(filter, [start, end], pageSize);
    const rest = this.#restOfAppend(page.events.at(-1));
    const events = rest.length === 0 ? page.events : [...page.events, ...rest];
    const upTo = events.at(-1)?.position ?? after;
    const scannedUpTo = page.isLast ? laterPosition(upTo, this.#endOfAppendAt(end, after)) : upTo;
    return { events, scannedUpTo, reachedHead: page.isLast && scannedUpTo >= last };
  }

  #page(filter: EventFilter | undefined, [start, end]: readonly [number, number], limit: number): EventPage {
    const ranges = filter === undefined ? [] : nameRanges(filter);
    // The plus signs keep the planner from using an index, whose order would be wrong.
    const conditions = ranges.map(() => '(+stream >= ? AND +stream < ?)').join(' OR ');
    const clause = filter === undefined ? '' : `AND (${conditions || 'false'})`;
    const sql = `SELECT ${READ_COLUMNS} FROM events WHERE position > ? AND position <= ? ${clause} ORDER BY position LIMIT ?`;
    return this.#pageBy(sql, [start, end, ...ranges.flatMap(([from, before = '']) => [from, before]), limit]);
  }

  /** The events of a statement with `READ_COLUMNS`, whose last parameter is the limit. */
  #pageBy(sql: string, values: readonly (number | string)[]): EventPage {
    const statement = this.#prepared.get(sql) ?? this.#database.prepare<(number | string)[], EventRow>(sql, 'list');
    this.#prepared.set(sql, statement);
    return pageOf(statement.iterate(...values), this.#database.name, Number(values.at(-1)));
  }

  /**
   * The position of the last event of the append that contains the last event up to an ordinal.
   *
   * @throws StoreDamaged when there is no event after a position.
   */
  #endOfAppendAt(ordinal: number, after: Position): Position {
    const { lastUpTo } = this.#statements;
    const last = lastUpTo.get(ordinal);
    if (last === undefined || last[0] <= Number(ordinalOf(after))) {
      const problem = `there is no event at position ${ordinal}`;
      throw new Fault('store-damaged', { store: this.#database.name, problem });
    }
    const [found, id] = lastUpTo.get(last[0] + followedIn(last[2])) ?? last;
    return positionAt([found, id], this.#database.name);
  }

  #positionAt(ordinal: number): Position | undefined {
    const id = this.#statements.idAt.get(ordinal);
    return id === undefined ? undefined : positionAt([ordinal, id], this.#database.name);
  }

  /** The rest of a page's last append, which follows in the log. */
  #restOfAppend(last: RecordedEvent | undefined): readonly RecordedEvent[] {
    const missing = last === undefined ? 0 : followedInAppend(last);
    if (last === undefined || missing === 0) return [];
    const from = Number(ordinalOf(last.position));
    const { events } = this.#page(undefined, [from, from + missing], missing);
    return events.filter(({ streamId }) => streamId === last.streamId);
  }
}
