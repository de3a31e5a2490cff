import {
  laterPosition,
  revision,
  type Position,
  type RecordedEvent,
  type StreamId,
  START,
} from '@login-policy/event-sourcing';
import {
  PositionUnknown,
  followedInAppend,
  pageSizeOf,
  StoreDamaged,
  StoreUnavailable,
  type EventFilter,
  type ReadAhead,
  type Reader,
  type ReadAllOptions,
  type ReadStreamOptions,
  type Receipt,
  streamThrough,
  type WaitOptions,
  type StreamPage,
  type StreamPart,
  placeIn,
} from '@login-policy/event-sourcing/store';
import { givenText, storedName, storedText } from './names.js';
import { positionIn } from './positions.js';
import { PageReader, type Page } from './pages.js';
import { DURABLE, type Answering, type Cells } from './queries.js';
import { text } from './rows.js';
import type { Schema } from './schema.js';

const SCANNED_AT_ONCE = 50_000n;
const LARGEST = 2n ** 63n - 1n;

/** Reads a page of so many events between two positions, the first of which is passed. */
type ReadRange = (from: bigint, to: bigint, wanted: number) => Promise<Page>;

/** Reads events by pages; the server sends no more than the page, and looks at no more than it can in time. */
export class EventReads {
  readonly #connection: Answering;
  readonly #schema: string;
  readonly #largestPageBytes: number;

  constructor(connection: Answering, schema: Schema, largestPageBytes: number) {
    this.#connection = connection;
    this.#schema = schema.quoted;
    this.#largestPageBytes = largestPageBytes;
  }

  /** The pages of one stream, none of them empty. @throws StoreDamaged when it has lost an event. */
  stream(
    streamId: StreamId,
    options: ReadStreamOptions | undefined,
  ): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    const [store, { name }] = [this.#connection.name, storedName(streamId)];
    const reader = new PageReader(store, this.#largestPageBytes);
    const [sign, order] = options?.direction === 'backwards' ? ['<=', 'DESC'] : ['>=', 'ASC'];
    const statement = reader.statement(
      `SELECT * FROM ${this.#schema}.events WHERE stream = $1 AND revision ${sign} $2 ORDER BY revision ${order} LIMIT $3`,
      `, (SELECT id FROM ${this.#schema}.events WHERE stream = $1 AND revision = $4)`,
    );
    const read = async ({ from, count, after }: StreamPart): Promise<StreamPage> => {
      const ask = (limit: number): Promise<readonly Cells[]> =>
        this.#connection.read(statement, [name, from.toString(), limit, after?.revision.toString() ?? null], options);
      const { events, asked, further } = await reader.read(ask, count);
      if (after !== undefined && further[0] !== after.id) throw historyReplaced(store, after);
      return { events, isLast: events.length < asked };
    };
    return streamThrough(streamId, { store, read }, options);
  }

  /** A way to look for the next events after a position, all by the same filter. */
  ahead(options: ReadAllOptions | undefined): Reader {
    const pageSize = pageSizeOf(options);
    const { condition, values } = conditionOf(options?.filter, 4);
    const events = `SELECT * FROM ${this.#schema}.events
      WHERE position > $1 AND position <= $2 ${condition} ORDER BY position LIMIT $3`;
    const reader = new PageReader(this.#connection.name, this.#largestPageBytes);
    // In the same statement, so that the head is not further than what was looked at: the event at the place where it begins, the end of
    // the last append that begins in the range, and the last event of all.
    const placed = (where: string): string =>
      `(SELECT position || ' ' || id FROM ${this.#schema}.events ${where} ORDER BY position DESC LIMIT 1)`;
    const endOfAppend = `(SELECT last.position || ' ' || last.id FROM ${this.#schema}.events AS last WHERE last.position = (
      SELECT position + coalesce(append_count - append_place, 0) FROM ${this.#schema}.events
      WHERE position <= $2 ORDER BY position DESC LIMIT 1))`;
    const upToEnd = `coalesce(${endOfAppend}, ${placed('WHERE position <= $2')})`;
    const marks = [placed('WHERE position = $1'), upToEnd, placed('')].join(', ');
    const statement = reader.statement(events, `, ${marks}`);
    // No more is looked at than a page needs, by what the last one found: the server may sort all of it before it takes the first.
    let width = BigInt(pageSize);
    return async (after) => {
      const place = placeIn(after);
      if (place > LARGEST) throw new PositionUnknown({ position: after, head: await this.head() });
      const end = smaller(place + width);
      const read = (from: bigint, to: bigint, count: number): Promise<Page> =>
        reader.read(
          (limit) => this.#connection.read(statement, [from.toString(), to.toString(), limit, ...values], options),
          count,
        );
      const page = await read(place, end, pageSize);
      const ahead = aheadOf(page, await this.#restOfAppend(read, page.events.at(-1)), after);
      const isFull = page.events.length === page.asked;
      if (isFull) width = larger(width / 2n, BigInt(pageSize));
      else if (!ahead.isHead) width = smaller(width * 2n, SCANNED_AT_ONCE);
      return ahead;
    };
  }

  /** What a page lacks of its last append: recorded in one transaction and in one stream, it is there, and the filter lets it through. */
  async #restOfAppend(read: ReadRange, last: RecordedEvent | undefined): Promise<readonly RecordedEvent[]> {
    const rest: RecordedEvent[] = [];
    for (let end = last; end !== undefined && followedInAppend(end) > 0; end = rest.at(-1)) {
      const owed = followedInAppend(end);
      const place = placeIn(end.position);
      const { events } = await read(place, place + BigInt(owed), owed);
      if (events.length === 0) {
        const problem = `the append that the event at position ${place} is of has lost its end`;
        throw new StoreDamaged({ store: this.#connection.name, problem });
      }
      rest.push(...events);
    }
    return rest;
  }

  /** The position of the last event; `START` when there is none. */
  async head(wait?: WaitOptions): Promise<Position> {
    const last = `SELECT position || ' ' || id FROM ${this.#schema}.events ORDER BY position DESC LIMIT 1`;
    const [row] = await this.#connection.read(last, [], wait);
    return positionIn(row?.[0]) ?? START;
  }

  /** Whether a position stands for an event that is there. */
  async knows(position: Position, wait?: WaitOptions): Promise<boolean> {
    const place = placeIn(position);
    if (position === START || place > LARGEST) return position === START;
    const statement = `SELECT position || ' ' || id FROM ${this.#schema}.events WHERE position = $1`;
    const [row] = await this.#connection.read(statement, [place.toString()], wait);
    return positionIn(row?.[0]) === position;
  }

  /** A command that is told to be repeated is {@link DURABLE}, too. */
  async receipt(streamId: StreamId, key: string, wait?: WaitOptions): Promise<Receipt | undefined> {
    const names = [storedName(streamId).name, storedName(key).name];
    const [row] = await this.#connection.read(
      `SELECT fingerprint, revision, ${DURABLE} FROM ${this.#schema}.receipts WHERE stream = $1 AND key = $2`,
      names,
      wait,
    );
    if (row === undefined) return undefined;
    return Object.freeze({ key, fingerprint: givenText(text(row[0])), revision: revision(BigInt(text(row[1]))) });
  }
}

/** What is read on is of another history than what was read. Read anew, it is of one. */
function historyReplaced(store: string, { streamId, revision: last }: RecordedEvent): StoreUnavailable {
  const problem = `the event at revision ${last} of ${streamId} is gone since it was read: another history took over meanwhile`;
  return new StoreUnavailable({ store, problem });
}

/** The whole appends of a page, with the rest of the last one, if it begins where the reader says. */
function aheadOf({ events: page, asked, further }: Page, rest: readonly RecordedEvent[], after: Position): ReadAhead {
  const [begin, end = START, head = START] = [0, 1, 2].map((mark) => positionIn(further[mark]));
  if (after !== START && after !== begin) throw new PositionUnknown({ position: after, head });
  const events = rest.length === 0 ? page : [...page, ...rest];
  const last = events.at(-1)?.position ?? after;
  const isFull = page.length > 0 && page.length === asked;
  const considered = isFull ? last : laterPosition(last, end);
  return { events, considered, isHead: considered >= head };
}

/** Which streams a filter lets through, by parameters from that number on. */
export function conditionOf(
  filter: EventFilter | undefined,
  from: number,
): {
  readonly condition: string;
  readonly values: readonly unknown[];
} {
  if (filter === undefined) return { condition: '', values: [] };
  // By bytes, all names that begin with "Category-" stand before "Category.".
  const ranges = filter.categories.map(
    (_, index) => `stream >= $${2 * index + from} AND stream < $${2 * index + from + 1}`,
  );
  return {
    // Asked like this it is no condition for the index of streams, which would be taken where statistics are missing.
    condition: ranges.length === 0 ? 'AND false' : `AND (${ranges.join(' OR ')}) IS TRUE`,
    values: filter.categories.flatMap((category) => [`${category}-`, `${category}.`].map(storedText)),
  };
}

function smaller(value: bigint, most = LARGEST): bigint {
  return value < most ? value : most;
}

function larger(value: bigint, least: bigint): bigint {
  return value > least ? value : least;
}
