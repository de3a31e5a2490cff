import type { RecordedEvent } from '@login-policy/event-sourcing';
import type { EventFilter } from '@login-policy/event-sourcing/store';
import type { Database, Statement } from './database.js';
import { isTooBig } from './faults.js';
import type { Names } from './names.js';
import { eventsOfPage, joinPage, type JoinedPage } from './page-columns.js';
import { eventsOf, type EventRow } from './rows.js';

type Values = readonly (string | number)[];

/** A page read in one go, and row by row for when that finds something wrong. */
interface PageStatements {
  readonly joined: Statement<(string | number)[], JoinedPage>;
  readonly single: Statement<(string | number)[], EventRow>;
}

/** What a page's query found: so many rows, and their events up to the first that can't be read. */
export interface FoundPage {
  readonly count: number;
  readonly events: readonly RecordedEvent[];
}

/** A page whose text is more than SQLite or JavaScript puts into one value is read in so many. */
const SHRUNK = 8;

/** Reads pages of events by queries of their columns (`READ_COLUMNS`). */
export class PageReader {
  readonly #database: Database;
  readonly #names: Names;
  readonly #statements = new Map<string, PageStatements>();

  constructor(database: Database, names: Names) {
    this.#database = database;
    this.#names = names;
  }

  /** The rows there are, in the order of positions unless it is said otherwise, and their events up to the first that can't be read. */
  page(sql: string, values: Values, { isInOrder = true }: { readonly isInOrder?: boolean } = {}): FoundPage {
    const { joined, single } = this.#statementsOf(sql);
    const page = joined.get(...values);
    if (page === undefined) return { count: 0, events: [] };
    const events = eventsOfPage(page, this.#names, isInOrder) ?? eventsOf(single.all(...values), this.#names);
    return { count: page[0], events };
  }

  /** The same row by row: for what may be too much for one value. */
  rowByRow(sql: string, values: Values): readonly RecordedEvent[] {
    return eventsOf(this.#statementsOf(sql).single.all(...values), this.#names);
  }

  /** Reads a page of about so many events, or of as many as one value can hold. */
  shrinking<Result>(pageSize: number, read: (pageSize: number) => Result): Result {
    // Names may have other numbers since somebody else wrote.
    this.#database.moment();
    try {
      return read(pageSize);
    } catch (caught) {
      if (!isTooBig(caught) || pageSize === 1) throw caught;
      return this.shrinking(Math.ceil(pageSize / SHRUNK), read);
    }
  }

  /**
   * The plus sign keeps the planner from any index, which would be in another order. To be called once the head is known: the names of
   * all events up to it are there then.
   */
  conditionOf(filter: EventFilter | undefined): { readonly clause: string; readonly values: readonly number[] } {
    if (filter === undefined) return { clause: '', values: [] };
    const values = filter.categories.flatMap((category) => this.#names.find(category) ?? []);
    return { clause: ` AND +category IN (${values.map(() => '?').join(', ')})`, values };
  }

  #statementsOf(sql: string): PageStatements {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const prepared = {
      joined: this.#database.prepare<(string | number)[], JoinedPage>(joinPage(sql)).raw(),
      single: this.#database.prepare<(string | number)[], EventRow>(sql).raw(),
    };
    this.#statements.set(sql, prepared);
    return prepared;
  }
}
