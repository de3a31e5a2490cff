import {
  laterPosition,
  limitOf,
  pageSizeOf,
  position,
  revision,
  type EventFilter,
  type Position,
  type ReadAhead,
  type ReadAllOptions,
  type ReadStreamOptions,
  type Receipt,
  type RecordedEvent,
  type StreamId,
} from '@login-policy/event-sourcing';
import type { Connection } from './connection.js';
import type { Cells } from './queries.js';
import { givenText, storedName, storedText } from './names.js';
import { pageOf, pageReader, text } from './rows.js';
import type { Schema } from './schema.js';

const SCANNED_AT_ONCE = 50_000n;
const LARGEST = 2n ** 63n - 1n;

/** Reads events by pages; the server sends no more than the page, and looks at no more than it can in time. */
export class EventReads {
  readonly #connection: Connection;
  readonly #schema: string;
  readonly #eventsOf: (cells: Cells) => readonly RecordedEvent[];

  constructor(connection: Connection, schema: Schema) {
    this.#connection = connection;
    this.#schema = schema.quoted;
    this.#eventsOf = pageReader(connection.name);
  }

  /** The pages of one stream, none of them empty. */
  async *stream(
    streamId: StreamId,
    options: ReadStreamOptions | undefined,
  ): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    const pageSize = pageSizeOf(options);
    const isForwards = options?.direction !== 'backwards';
    const { name } = storedName(streamId);
    const statement = pageOf(`SELECT * FROM ${this.#schema}.events WHERE stream = $1
      AND revision ${isForwards ? '>=' : '<='} $2 ORDER BY revision ${isForwards ? 'ASC' : 'DESC'} LIMIT $3`);
    let next = smaller(options?.from ?? (isForwards ? 0n : LARGEST));
    for (let left = limitOf(options); left > 0;) {
      const wanted = Math.min(pageSize, left);
      const rows = await this.#connection.read(statement, [name, next.toString(), wanted]);
      const page = this.#eventsOf(rows[0] ?? []);
      const last = page.at(-1);
      if (last === undefined) return;
      yield page;
      if (page.length < wanted) return;
      left -= wanted;
      next = last.revision + (isForwards ? 1n : -1n);
    }
  }

  /** A way to look for the next events after a position, all by the same filter. */
  ahead(options: ReadAllOptions | undefined): (after: Position) => Promise<ReadAhead> {
    const pageSize = pageSizeOf(options);
    const { condition, values } = conditionOf(options?.filter);
    // The head is read in the same statement, so that it is not further than what was looked at.
    const events = `SELECT * FROM ${this.#schema}.events
      WHERE position > $1 AND position <= $2 ${condition} ORDER BY position LIMIT $3`;
    const statement = `SELECT page.*, (SELECT max(position) FROM ${this.#schema}.events) FROM (${pageOf(events)}) AS page`;
    return async (after) => {
      if (after >= LARGEST) return { events: [], considered: after, isHead: true };
      const end = smaller(after + SCANNED_AT_ONCE);
      const rows = await this.#connection.read(statement, [after.toString(), end.toString(), pageSize, ...values]);
      return this.#aheadOf(rows, { after, end, pageSize });
    };
  }

  /** The position of the last event; 0 when there is none. */
  async head(): Promise<Position> {
    const [row] = await this.#connection.read(`SELECT max(position) FROM ${this.#schema}.events`);
    return position(BigInt(row?.[0] ?? 0));
  }

  async receipt(streamId: StreamId, key: string): Promise<Receipt | undefined> {
    const names = [storedName(streamId).name, storedName(key).name];
    const [row] = await this.#connection.read(
      `SELECT fingerprint, revision FROM ${this.#schema}.receipts WHERE stream = $1 AND key = $2`,
      names,
    );
    if (row === undefined) return undefined;
    return Object.freeze({ key, fingerprint: givenText(text(row[0])), revision: revision(BigInt(text(row[1]))) });
  }

  #aheadOf(
    rows: readonly Cells[],
    { after, end, pageSize }: { readonly after: Position; readonly end: bigint; readonly pageSize: number },
  ): ReadAhead {
    const [page = []] = rows;
    const head = position(BigInt(page.at(-1) ?? 0));
    const events = this.#eventsOf(page);
    const last = events.at(-1);
    const isFull = last !== undefined && events.length === pageSize;
    const considered = isFull ? last.position : laterPosition(after, head < end ? head : position(end));
    return { events, considered, isHead: considered >= head };
  }
}

function conditionOf(filter: EventFilter | undefined): {
  readonly condition: string;
  readonly values: readonly unknown[];
} {
  if (filter === undefined) return { condition: '', values: [] };
  if (filter.by === 'type') return { condition: 'AND type = ANY ($4)', values: [filter.types.map(storedText)] };
  // By bytes, all names that begin with "Category-" stand before "Category.".
  const ranges = filter.categories.map((_, index) => `stream >= $${2 * index + 4} AND stream < $${2 * index + 5}`);
  return {
    condition: ranges.length === 0 ? 'AND false' : `AND (${ranges.join(' OR ')})`,
    values: filter.categories.flatMap((category) => [`${category}-`, `${category}.`].map(storedText)),
  };
}

function smaller(value: bigint): bigint {
  return value < LARGEST ? value : LARGEST;
}
