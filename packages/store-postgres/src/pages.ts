import type { RecordedEvent } from '@login-policy/event-sourcing';
import { Fault } from '@login-policy/event-sourcing/store';
import { stateOf } from './faults.js';
import type { Cells } from './queries.js';
import { eventsOf } from './rows.js';

/** Requests a page of events, with a statement of {@link PageReader.statement}. */
export type AskForPage = (limit: number) => Promise<readonly Cells[]>;

/** A page, and the number of events it was asked for: a shorter page is the last. */
export interface Page {
  readonly events: readonly RecordedEvent[];
  readonly asked: number;
  /** The columns after those of the page. */
  readonly further: Cells;
}

/** The server can't build a text this long. */
const TOO_LONG = '54000';
const COLUMNS = 9;
/** The index of the data column. */
const DATA = 5;

/**
 * Reads one page after another. A page with too much text is not sent, but asked for again with fewer events, and later
 * pages are smaller, too. A single event is read however large it is.
 */
export class PageReader {
  readonly #store: string;
  readonly #largestBytes: number;
  #most = Infinity;

  constructor(store: string, largestBytes: number) {
    this.#store = store;
    this.#largestBytes = largestBytes;
  }

  /**
   * A page of events as one row. Passing each column of each event to JavaScript would take most of a read's time, so
   * the server joins them: a page is a few long texts, and its data one call of `JSON.parse`. Rare columns are left out
   * for events without them.
   */
  statement(events: string, further = ''): string {
    const bytes = 'octet_length(data) + octet_length(metadata)';
    const fits = `count = 1 OR ${bytes} <= ${this.#largestBytes}`;
    return `SELECT count, ${bytes}, encode(places, 'hex'), encode(unusual, 'hex'), ids, types, streams,
      CASE WHEN ${fits} THEN data END, CASE WHEN ${fits} THEN metadata END ${further}
      FROM (SELECT count(*) AS count,
        string_agg(int8send(position) || int8send(revision) || int8send(recorded_at), ''::bytea) AS places,
        string_agg(int8send(position) || int4send(schema_version) || int4send(coalesce(append_place, 0))
          || int4send(coalesce(append_count, 0)), ''::bytea) FILTER (WHERE schema_version <> 1 OR append_count > 1) AS unusual,
        pg_catalog.json_agg(type)::text AS types, pg_catalog.json_agg(coalesce(whole_stream, stream))::text AS streams,
        ${list('data')}, string_agg(id, '') AS ids, ${list('metadata')}
        FROM (${events}) AS page) AS joined`;
  }

  /** Reads the next page of events. */
  async read(ask: AskForPage, wanted: number): Promise<Page> {
    for (let asked = Math.min(wanted, this.#most); ; asked = this.#most) {
      const cells = await this.#answerTo(ask, asked);
      const [count = '0', bytes, ...columns] = cells ?? [];
      const isSent = count === '0' || columns[DATA] !== null;
      if (cells !== undefined && isSent) {
        this.#most *= 2;
        return { events: this.#eventsOf(columns), asked, further: cells.slice(COLUMNS) };
      }
      const fitting = (Number(count) * this.#largestBytes) / Number(bytes ?? Infinity) / 2;
      this.#most = Math.max(1, Math.floor(cells === undefined ? asked / 2 : Math.min(fitting, asked / 2)));
    }
  }

  /** `undefined` when the page is too large for the server. */
  async #answerTo(ask: AskForPage, limit: number): Promise<Cells | undefined> {
    try {
      return (await ask(limit))[0] ?? [];
    } catch (caught) {
      if (stateOf(caught) === TOO_LONG && limit > 1) return undefined;
      throw caught;
    }
  }

  #eventsOf(columns: Cells): readonly RecordedEvent[] {
    const [places, unusual, ids, types, streams, data, metadata] = columns;
    if (places === null || places === undefined) return [];
    try {
      return eventsOf({ places, unusual, ids, types, streams, data, metadata });
    } catch (cause) {
      const first = BigInt(`0x${places.slice(0, 16)}`);
      throw new Fault(
        'store-damaged',
        { store: this.#store, problem: `an event from position ${first} on can't be read` },
        cause,
      );
    }
  }
}

function list(column: string): string {
  return `'[' || string_agg(${column}::text, ',') || ']' AS ${column}`;
}
