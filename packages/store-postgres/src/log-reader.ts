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
  type LogRange,
  nameRanges,
  ordinalOf,
  type ReadAhead,
  type StreamPage,
  type StreamPart,
  type WaitOptions,
} from '@login-policy/event-sourcing/store';
import { storedName, storedText } from './names.js';
import { PageReader, type Page } from './pages.js';
import { positionIn } from './positions.js';
import type { QueryRunner, Cells, Value } from './queries.js';
import type { Schema } from './schema.js';

const LARGEST_SCAN = 50_000n;
const LARGEST_BIGINT = 2n ** 63n - 1n;

/** Reads a page of events after one position up to another one. */
type ReadRange = (from: bigint, to: bigint, wanted: number) => Promise<Page>;

/** Reads the log and its streams by pages. A page is limited, so that the server can scan and send it in time. */
export class LogReader {
  readonly #schema: string;
  readonly #streams: PageReader;
  readonly #log: PageReader;
  /** The number of positions to scan for each reader's next page. */
  readonly #scanWidths = new WeakMap<LogRange, bigint>();

  constructor(store: string, schema: Schema, largestPageBytes: number) {
    this.#schema = schema.quoted;
    this.#streams = new PageReader(store, largestPageBytes);
    this.#log = new PageReader(store, largestPageBytes);
  }

  /** The events of a part of a stream. @throws StoreUnavailable when the event before it no longer exists. */
  async streamPage(
    queries: QueryRunner,
    { streamId, part }: { readonly streamId: StreamId; readonly part: StreamPart },
    wait?: WaitOptions,
  ): Promise<StreamPage> {
    const { isForwards, from, count, after } = part;
    const [sign, order] = isForwards ? ['>=', 'ASC'] : ['<=', 'DESC'];
    // The limit is a subquery, so that the planner does not know it and reads the index in order. In a table without
    // statistics it expects few events in a stream, and would sort all of them for each page.
    const statement = this.#streams.statement(
      `SELECT * FROM ${this.#schema}.events WHERE stream = $1 AND revision ${sign} $2 ORDER BY revision ${order} LIMIT (SELECT $3::bigint)`,
      `, (SELECT id FROM ${this.#schema}.events WHERE stream = $1 AND revision = $4)`,
    );
    const values = [storedName(streamId).name, from.toString()];
    const queryPage = (limit: number): Promise<readonly Cells[]> =>
      queries.read(statement, [...values, limit, after?.revision.toString() ?? null], wait);
    const { events, limit, extraColumns } = await this.#streams.read(queryPage, count);
    if (after !== undefined && extraColumns[0] !== after.id) throw historyReplaced(queries.name, after);
    return { events, isLast: events.length < limit };
  }

  /** The next whole appends after a position. @throws PositionUnknown when no event of the log is at it. */
  async readAhead(
    queries: QueryRunner,
    { after, range }: { readonly after: Position; readonly range: LogRange },
    wait?: WaitOptions,
  ): Promise<ReadAhead> {
    const { filter, pageSize } = range;
    const { condition, values } = conditionOf(filter, 4);
    const statement = this.#log.statement(this.#eventsIn(condition), `, ${this.#rangeColumns()}`);
    const ordinal = ordinalOf(after);
    if (ordinal > LARGEST_BIGINT)
      throw new Fault('position-unknown', { position: after, head: await this.head(queries, wait) });
    // Estimated from the last page: the server may sort all events of the range before it returns the first.
    const width = this.#scanWidths.get(range) ?? BigInt(pageSize);
    const read = (from: bigint, to: bigint, count: number): Promise<Page> =>
      this.#log.read((limit) => queries.read(statement, [`${from}`, `${to}`, limit, ...values], wait), count);
    const page = await read(ordinal, smaller(ordinal + width), pageSize);
    const ahead = readAheadOf(page, await restOfAppend(read, page.events.at(-1)), after);
    const isFull = page.events.length === page.limit;
    if (isFull) this.#scanWidths.set(range, larger(width / 2n, BigInt(pageSize)));
    else if (!ahead.reachedHead) this.#scanWidths.set(range, smaller(width * 2n, LARGEST_SCAN));
    return ahead;
  }

  /** The position of the last event; `START` when there is none. */
  async head(queries: QueryRunner, wait?: WaitOptions): Promise<Position> {
    const last = `SELECT position || ' ' || id FROM ${this.#schema}.events ORDER BY position DESC LIMIT 1`;
    const [row] = await queries.read(last, [], wait);
    return positionIn(row?.[0]) ?? START;
  }

  #eventsIn(condition: string): string {
    return `SELECT * FROM ${this.#schema}.events
      WHERE position > $1 AND position <= $2 ${condition} ORDER BY position LIMIT $3`;
  }

  /**
   * Columns for the event at the start of the range, for the end of the last append that begins in the range, and for
   * the last event of the log. One statement returns them with the page, so that no event between the page and the head
   * is missed.
   */
  #rangeColumns(): string {
    const lastEvent = (where: string): string =>
      `(SELECT position || ' ' || id FROM ${this.#schema}.events ${where} ORDER BY position DESC LIMIT 1)`;
    const upToEnd = lastEvent(`WHERE position <= (SELECT position + coalesce(append_count - append_place, 0)
      FROM ${this.#schema}.events WHERE position <= $2 ORDER BY position DESC LIMIT 1)`);
    return [lastEvent('WHERE position = $1'), upToEnd, lastEvent('')].join(', ');
  }
}

/** The rest of a page's last append, which follows in the log. */
async function restOfAppend(read: ReadRange, last: RecordedEvent | undefined): Promise<readonly RecordedEvent[]> {
  const rest: RecordedEvent[] = [];
  for (let end = last; end !== undefined && followedInAppend(end) > 0;) {
    const missing = followedInAppend(end);
    const ordinal = ordinalOf(end.position);
    const { events } = await read(ordinal, ordinal + BigInt(missing), missing);
    const following = events.filter(({ streamId }) => streamId === last?.streamId);
    rest.push(...following);
    end = following.at(-1);
  }
  return rest;
}

/** The page is of another history than the pages before it. A new read gets pages of one history. */
function historyReplaced(store: string, { streamId, revision: last }: RecordedEvent): Fault<'store-unavailable'> {
  const problem = `the event at revision ${last} of ${streamId} no longer exists: another history has replaced it since it was read`;
  return new Fault('store-unavailable', { store, problem });
}

/** The whole appends of a page, with the rest of the last one, after checking the start of the range. */
function readAheadOf(
  { events: page, limit, extraColumns }: Page,
  rest: readonly RecordedEvent[],
  after: Position,
): ReadAhead {
  const [begin, end = START, head = START] = [0, 1, 2].map((index) => positionIn(extraColumns[index]));
  if (after !== START && after !== begin) throw new Fault('position-unknown', { position: after, head });
  const events = rest.length === 0 ? page : [...page, ...rest];
  const last = events.at(-1)?.position ?? after;
  const isFull = page.length > 0 && page.length === limit;
  const scannedUpTo = isFull ? last : laterPosition(last, end);
  return { events, scannedUpTo, reachedHead: scannedUpTo >= head };
}

/** The SQL condition of a filter. Its parameters begin with the number `from`. */
function conditionOf(
  filter: EventFilter | undefined,
  from: number,
): {
  readonly condition: string;
  readonly values: readonly Value[];
} {
  if (filter === undefined) return { condition: '', values: [] };
  const ranges = nameRanges(filter);
  const conditions = ranges.map((_, index) => `stream >= $${2 * index + from} AND stream < $${2 * index + from + 1}`);
  return {
    // Written so that the planner does not use the index of streams, which it would choose when statistics are missing.
    condition: ranges.length === 0 ? 'AND false' : `AND (${conditions.join(' OR ')}) IS TRUE`,
    values: ranges.flatMap((range) => range.map((name = '') => storedText(name))),
  };
}

function smaller(value: bigint, most = LARGEST_BIGINT): bigint {
  return value < most ? value : most;
}

function larger(value: bigint, least: bigint): bigint {
  return value > least ? value : least;
}
