import { Fault, type RecordedEvent } from '@login-policy/event-sourcing';
import { stateOf } from './faults.js';
import type { Cells } from './queries.js';
import { eventsOf } from './rows.js';

/** Runs a statement of {@link PageReader.statement} for a page of at most `limit` events. */
export type QueryPage = (limit: number) => Promise<readonly Cells[]>;

/** A page of events. With fewer events than its limit, it is the last one. */
export interface Page {
  readonly events: readonly RecordedEvent[];
  readonly limit: number;
  /** The columns that {@link PageReader.statement} has after those of the page. */
  readonly extraColumns: Cells;
}

/** The server can't build a text this long. */
const TOO_LONG = '54000';
/** The number of columns of a page. */
const COLUMNS = 9;
/** The index of the data among the columns after the count and the size. */
const DATA = 5;

/**
 * Reads one page after another. If a page has too much text, the server does not send it, and it is requested again
 * with fewer events. Later pages are smaller, too. A single event is read however large it is.
 */
export class PageReader {
  readonly #store: string;
  readonly #largestBytes: number;
  #maxEvents = Infinity;

  constructor(store: string, largestBytes: number) {
    this.#store = store;
    this.#largestBytes = largestBytes;
  }

  /**
   * Selects a page of events as one row. Passing each column of each event to JavaScript would take most of a read's
   * time, so the server joins the columns of all events: the data of a page is then one call of `JSON.parse`. Events
   * with usual values are left out of the rare columns.
   */
  statement(events: string, extraColumns = ''): string {
    const bytes = 'octet_length(data) + octet_length(metadata)';
    const fits = `count = 1 OR ${bytes} <= ${this.#largestBytes}`;
    return `SELECT count, ${bytes}, encode(numbers, 'hex'), encode(unusual_numbers, 'hex'), ids, types, streams,
      CASE WHEN ${fits} THEN data END, CASE WHEN ${fits} THEN metadata END ${extraColumns}
      FROM (SELECT count(*) AS count,
        string_agg(int8send(position) || int8send(revision) || int8send(recorded_at), ''::bytea) AS numbers,
        string_agg(int8send(position) || int4send(schema_version) || int4send(coalesce(append_place, 0))
          || int4send(coalesce(append_count, 0)), ''::bytea) FILTER (WHERE schema_version <> 1 OR append_count > 1) AS unusual_numbers,
        pg_catalog.json_agg(type)::text AS types, pg_catalog.json_agg(coalesce(whole_stream, stream))::text AS streams,
        ${jsonListOf('data')}, string_agg(id, '') AS ids, ${jsonListOf('metadata')}
        FROM (${events}) AS page) AS joined`;
  }

  /** Reads the next page of events. */
  async read(queryPage: QueryPage, wanted: number): Promise<Page> {
    for (let limit = Math.min(wanted, this.#maxEvents); ; limit = this.#maxEvents) {
      const cells = await this.#query(queryPage, limit);
      const [count = '0', bytes, ...columns] = cells ?? [];
      const hasData = count === '0' || columns[DATA] !== null;
      if (cells !== undefined && hasData) {
        this.#maxEvents *= 2;
        return { events: this.#eventsOf(columns), limit, extraColumns: cells.slice(COLUMNS) };
      }
      const fittingEvents = (Number(count) * this.#largestBytes) / Number(bytes ?? Infinity) / 2;
      this.#maxEvents = Math.max(1, Math.floor(cells === undefined ? limit / 2 : Math.min(fittingEvents, limit / 2)));
    }
  }

  /** `undefined` when the page is too large for the server. */
  async #query(queryPage: QueryPage, limit: number): Promise<Cells | undefined> {
    try {
      return (await queryPage(limit))[0] ?? [];
    } catch (caught) {
      if (stateOf(caught) === TOO_LONG && limit > 1) return undefined;
      throw caught;
    }
  }

  #eventsOf(columns: Cells): readonly RecordedEvent[] {
    const [numbers] = columns;
    if (numbers === null || numbers === undefined) return [];
    try {
      return eventsOf(columns);
    } catch (cause) {
      const problem = `an event at or after position ${BigInt(`0x${numbers.slice(0, 16)}`)} can't be read`;
      throw new Fault('store-damaged', { store: this.#store, problem }, cause);
    }
  }
}

function jsonListOf(column: string): string {
  return `'[' || string_agg(${column}::text, ',') || ']' AS ${column}`;
}
