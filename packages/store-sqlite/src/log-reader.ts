import { laterPosition, type Position, type RecordedEvent, type StreamId, START } from '@login-policy/event-sourcing';
import {
  followedInAppend,
  type EventFilter,
  type ReadAhead,
  type StreamPage,
  type StreamPart,
  ordinalOf,
  wholeAppends,
} from '@login-policy/event-sourcing/store';
import { Fault } from '@login-policy/event-sourcing/values';
import type { Database } from './database.js';
import type { EventStatements } from './event-statements.js';
import { isTooBig } from './faults.js';
import type { Names } from './names.js';
import type { PageReader } from './page-reader.js';
import { headOf, positionAt } from './positions.js';
import { READ_COLUMNS, eventsOf, followedIn, lastOfAppend } from './rows.js';

/** The page that a reader of the log asks for. */
export interface WantedPage {
  readonly after: Position;
  readonly filter: EventFilter | undefined;
  readonly pageSize: number;
}

/**
 * The number of events scanned at once. It is limited, because a selective filter would block the event loop for long.
 */
const WINDOW = 20_000;

/** The parts of a log reader. */
interface LogParts {
  readonly statements: EventStatements;
  readonly names: Names;
  readonly pages: PageReader;
}

/** Reads the log in the order of positions, a window at a time, without sorting. */
export class LogReader {
  readonly #database: Database;
  readonly #statements: EventStatements;
  readonly #names: Names;
  readonly #pages: PageReader;

  constructor(database: Database, { statements, names, pages }: LogParts) {
    this.#database = database;
    this.#statements = statements;
    this.#names = names;
    this.#pages = pages;
  }

  /** The events of a part of a stream, up to the end of the append before the first unreadable event. */
  streamPage(streamId: StreamId, { isForwards, from, count }: StreamPart): StreamPage {
    this.#database.refreshCacheEpoch();
    const stream = this.#names.find(streamId);
    if (stream === undefined) return { events: [], isLast: true };
    const rows = (isForwards ? this.#statements.forwards : this.#statements.backwards).all(stream, from, count);
    const events = eventsOf(rows, this.#names);
    return { events, isLast: rows.length < count && events.length === rows.length };
  }

  /** The position of the last event; `START` when there is none. */
  head(): Position {
    return headOf(this.#statements.head.get(), this.#database.name);
  }

  /** Whether a position is that of an event of this log, or `START`. */
  isInLog(position: Position): boolean {
    return position === START || this.#positionAt(Number(ordinalOf(position))) === position;
  }

  /**
   * The next page after a position, or as much of it as fits into one value. An empty page means that the scanned part
   * of the log has no matching event.
   */
  readAhead(wanted: WantedPage): ReadAhead {
    return this.#pages.readFitting(wanted.pageSize, (pageSize) => this.#readAhead({ ...wanted, pageSize }));
  }

  #readAhead({ after, filter, pageSize }: WantedPage): ReadAhead {
    const last = this.head();
    if (after !== last && !this.isInLog(after)) throw new Fault('position-unknown', { position: after, head: last });
    const [start, head] = [Number(ordinalOf(after)), Number(ordinalOf(last))];
    const end = filter === undefined ? head : Math.min(head, start + WINDOW);
    if (start >= end) return { events: [], scannedUpTo: after, reachedHead: true };
    const { clause, values } = this.#pages.conditionOf(filter);
    const sql = `SELECT ${READ_COLUMNS} FROM events WHERE position > ? AND position <= ?${clause} ORDER BY position LIMIT ?`;
    const { count, events } = this.#pages.page(sql, [start, end, ...values, pageSize]);
    const rest = this.#restOfAppend(sql, events.at(-1), values);
    const whole = wholeAppends({ after, page: events, rest });
    const isWindowDone = count < pageSize && events.length === count;
    const upTo = whole.at(-1)?.position ?? after;
    const scannedUpTo = isWindowDone ? laterPosition(upTo, this.#endOfAppendAt(end, after)) : upTo;
    return { events: whole, scannedUpTo, reachedHead: isWindowDone && scannedUpTo >= last };
  }

  /**
   * The position of the last event of the append that contains the last event up to an ordinal; of this event itself
   * where the rest of its append is missing.
   *
   * @throws StoreDamaged when there is no event after a position.
   */
  #endOfAppendAt(ordinal: number, after: Position): Position {
    const last = this.#statements.lastUpTo.get(ordinal);
    if (last === undefined || last[0] <= Number(ordinalOf(after))) {
      const problem = `there is no event at position ${ordinal}`;
      throw new Fault('store-damaged', { store: this.#database.name, problem });
    }
    const [found, id, append] = last;
    const end = this.#statements.endOfAppend.get(found + followedIn(append), lastOfAppend(append));
    return positionAt(end ?? [found, id], this.#database.name);
  }

  #positionAt(ordinal: number): Position | undefined {
    const id = this.#statements.idAt.get(ordinal);
    return id === undefined ? undefined : positionAt([ordinal, id], this.#database.name);
  }

  /** What follows a page in the log, as far as its last append goes. */
  #restOfAppend(sql: string, last: RecordedEvent | undefined, values: readonly number[]): readonly RecordedEvent[] {
    const missing = last === undefined ? 0 : followedInAppend(last);
    if (last === undefined || missing === 0) return [];
    const from = Number(ordinalOf(last.position));
    const parameters = [from, from + missing, ...values, missing];
    try {
      return this.#pages.page(sql, parameters).events;
    } catch (caught) {
      if (!isTooBig(caught)) throw caught;
      return this.#pages.rowByRow(sql, parameters);
    }
  }
}
