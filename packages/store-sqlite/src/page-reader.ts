import type { RecordedEvent } from '@login-policy/event-sourcing';
import type { EventFilter } from '@login-policy/event-sourcing/store';
import type { Database } from './database.js';
import type { Statement } from './statement.js';
import { isTooBig } from './faults.js';
import type { Names } from './names.js';
import { eventsOfPage, joinPage, type JoinedPage } from './page-columns.js';
import { eventsOf, type EventRow } from './rows.js';

type Values = readonly (string | number)[];

/** The statements that read a page as one row of joined columns, or row by row after a problem. */
interface PageStatements {
  readonly joined: Statement<(string | number)[], JoinedPage>;
  readonly single: Statement<(string | number)[], EventRow>;
}

/** The number of a page's rows, and their events up to the first unreadable one. */
export interface FoundPage {
  readonly count: number;
  readonly events: readonly RecordedEvent[];
}

/** The page size is divided by this when a page's text is too large for one value of SQLite or JavaScript. */
const SHRINK_BY = 8;

/** Reads pages of events by queries of their columns (`READ_COLUMNS`). */
export class PageReader {
  readonly #database: Database;
  readonly #names: Names;
  readonly #statements = new Map<string, PageStatements>();

  constructor(database: Database, names: Names) {
    this.#database = database;
    this.#names = names;
  }

  /** The rows of a page, by default in the order of positions, with their events up to the first unreadable one. */
  page(sql: string, values: Values, { isInOrder = true }: { readonly isInOrder?: boolean } = {}): FoundPage {
    const { joined, single } = this.#statementsOf(sql);
    const page = joined.get(...values);
    if (page === undefined) return { count: 0, events: [] };
    const events = eventsOfPage(page, this.#names, isInOrder) ?? eventsOf(single.all(...values), this.#names);
    return { count: page[0], events };
  }

  /** Reads the same page row by row, because it may be too large for one value. */
  rowByRow(sql: string, values: Values): readonly RecordedEvent[] {
    return eventsOf(this.#statementsOf(sql).single.all(...values), this.#names);
  }

  /** Reads a page of about the requested size, or of as many events as fit into one value. */
  readFitting<Result>(pageSize: number, read: (pageSize: number) => Result): Result {
    // Another writer may have changed the numbers of names.
    this.#database.refreshCacheEpoch();
    try {
      return read(pageSize);
    } catch (caught) {
      if (!isTooBig(caught) || pageSize === 1) throw caught;
      return this.readFitting(Math.ceil(pageSize / SHRINK_BY), read);
    }
  }

  /**
   * The SQL condition of a filter. The plus sign keeps the planner from using an index, whose order would be wrong.
   * Call it after the head was read, because the names of all events up to the head then exist.
   */
  conditionOf(filter: EventFilter | undefined): { readonly clause: string; readonly values: readonly number[] } {
    if (filter === undefined) return { clause: '', values: [] };
    const values = filter.categories.flatMap((category) => this.#names.find(category) ?? []);
    return { clause: ` AND +category IN (${values.map(() => '?').join(', ')})`, values };
  }

  #statementsOf(sql: string): PageStatements {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const prepared: PageStatements = {
      joined: this.#database.prepare(joinPage(sql), 'list'),
      single: this.#database.prepare(sql, 'list'),
    };
    this.#statements.set(sql, prepared);
    return prepared;
  }
}
