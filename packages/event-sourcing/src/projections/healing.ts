import type { Fault } from '../fault.js';
import { demandPlain } from '../options/parse-options.js';
import type { Deadline } from '../deadline.js';
import { YieldPacer, yieldToLoop } from '../yield-to-loop.js';
import type { EventShape, RecordedEvent } from '../streams/event.js';
import { START, type Position } from '../streams/position.js';
import type { TimedEventStore } from '../streams/timed-event-store.js';
import type { FreshRows } from './running.js';
import { covers, type CheckingProjection, type Projection } from './projection.js';
import type { KeyedRow, RowCount, RowQuery, RowsAt } from './read-model-store.js';
import { compareKeys, indexEntries, rowLimitOf } from './row-query.js';
import type { TimedReadModel } from './timed-read-model.js';
import { MAY_HEAL, UNREADABLE, UnreadableRow, type UnreadablePage } from './unreadable-row.js';

/** The number of placeholders read at once, and of rows replaced at once. */
const PAGE_SIZE = 1000;

/** What healing works with. */
interface HealingParts<Event extends EventShape, Row> {
  readonly model: TimedReadModel<Row | UnreadableRow>;
  readonly projection: Projection<Event, Row>;
  /** The same with placeholders, as the rows are stored. */
  readonly stored: CheckingProjection<RecordedEvent, Row | UnreadableRow>;
  readonly store: TimedEventStore;
}

/** The rows that replace outdated placeholders. */
type Repaired<Row> = ReadonlyMap<string, Row | UnreadableRow | undefined>;

/**
 * Reads rows and repairs outdated placeholders: those of rows that another version of the program could not read, but
 * this one can. Such a row is folded again from its events, returned, and stored in place of its placeholder.
 */
export class Healing<Event extends EventShape, Row> {
  readonly #parts: HealingParts<Event, Row>;
  readonly #pacer = new YieldPacer(64);

  constructor(parts: HealingParts<Event, Row>) {
    this.#parts = parts;
  }

  /** The rows under these keys, and which of them can't be read here. */
  async read(keys: readonly string[], deadline: Deadline): Promise<FreshRows<Row>> {
    const found = await this.#parts.model.read(keys, deadline);
    if (areReadable(found)) return withUnreadable(found, NONE);
    const repaired = await this.#repaired(found.rows, found.checkpoint, deadline);
    const [rows, unreadable] = [new Map<string, Row>(), new Map<string, Fault>()];
    for (const [key, stored] of found.rows) {
      const row = repaired.has(key) ? repaired.get(key) : stored;
      if (row instanceof UnreadableRow) unreadable.set(key, row.fault());
      else if (row !== undefined) rows.set(key, row);
    }
    return withUnreadable({ ...found, rows }, unreadable);
  }

  /** The rows a query finds, with outdated placeholders repaired. */
  async query(query: RowQuery, deadline: Deadline): Promise<RowsAt<readonly KeyedRow<Row | UnreadableRow>[]>> {
    return this.#list(query, await this.#outdated(deadline), deadline);
  }

  /** {@link query} for keys only. */
  async keys(query: RowQuery, deadline: Deadline): Promise<RowsAt<readonly string[]>> {
    const outdated = await this.#outdated(deadline);
    if (outdated.size === 0) return this.#parts.model.keys(query, deadline);
    const { rows, ...at } = await this.#list(query, outdated, deadline);
    return { ...at, rows: rows.map(({ key }) => key) };
  }

  /** The rows that this program can't read. */
  async unreadable(
    wanted: UnreadablePage | undefined,
    deadline: Deadline,
  ): Promise<RowsAt<readonly KeyedRow<UnreadableRow>[]>> {
    demandPlain(wanted, 'unreadable');
    const { kind, ...page } = wanted ?? {};
    const { rows, ...at } = await this.query({ index: UNREADABLE, value: kind ?? 'any', ...page }, deadline);
    return { ...at, rows: rows.filter(isUnreadable) };
  }

  /** The number of rows that a query without a limit would find, with outdated placeholders repaired. */
  async count(query: RowCount, deadline: Deadline): Promise<RowsAt<number>> {
    for (let outdated = await this.#outdated(deadline); ;) {
      const counted = await this.#parts.model.count(query, deadline);
      if (outdated.size === 0) return counted;
      // Another reader may have replaced some before they were counted.
      const still = await this.#outdated(deadline);
      if (haveSameKeys(outdated, still)) return this.#countedRepaired(query, { counted, outdated }, deadline);
      outdated = still;
    }
  }

  async #countedRepaired(
    query: RowCount,
    { counted, outdated }: { readonly counted: RowsAt<number>; readonly outdated: ReadonlyMap<string, UnreadableRow> },
    deadline: Deadline,
  ): Promise<RowsAt<number>> {
    const isUnder = (row: Row | UnreadableRow): boolean =>
      indexEntries(this.#parts.stored, row).some(([index, value]) => index === query.index && value === query.value);
    let { rows } = counted;
    for (const row of outdated.values()) if (isUnder(row)) rows--;
    for (const row of (await this.#repaired(outdated, counted.checkpoint, deadline)).values())
      if (row !== undefined && isUnder(row)) rows++;
    return { ...counted, rows };
  }

  /** The placeholders of rows that this program can read, each with its row. */
  async #outdated(deadline: Deadline): Promise<ReadonlyMap<string, UnreadableRow>> {
    const outdated = new Map<string, UnreadableRow>();
    let query: RowQuery = { index: UNREADABLE, value: MAY_HEAL, limit: PAGE_SIZE };
    for (;;) {
      const { rows } = await this.#parts.model.query(query, deadline);
      for (const { key, row } of rows) if (this.#isOutdated(row)) outdated.set(key, row);
      if (rows.length < PAGE_SIZE) return outdated;
      query = afterLast(query, rows.at(-1)?.key);
      await yieldToLoop();
    }
  }

  async #list(
    query: RowQuery,
    outdated: ReadonlyMap<string, UnreadableRow>,
    deadline: Deadline,
  ): Promise<RowsAt<readonly KeyedRow<Row | UnreadableRow>[]>> {
    const { model } = this.#parts;
    const first = await model.query(query, deadline);
    if (outdated.size === 0) return first;
    const limit = rowLimitOf(query);
    const found: KeyedRow<Row | UnreadableRow>[] = [];
    for (let { rows } = first; ; { rows } = await model.query(afterLast(query, rows.at(-1)?.key), deadline)) {
      found.push(...rows.filter(({ key }) => !outdated.has(key)));
      if (found.length >= limit || rows.length < limit) break;
    }
    for (const [key, row] of await this.#repaired(outdated, first.checkpoint, deadline))
      if (this.#isFound(key, row, query)) found.push({ key, row });
    const sign = query.direction === 'backwards' ? -1 : 1;
    found.sort((one, other) => sign * compareKeys(one.key, other.key));
    return { ...first, rows: found.slice(0, limit) };
  }

  #isFound(
    key: string,
    row: Row | UnreadableRow | undefined,
    { index, value, afterKey, beforeKey }: RowQuery,
  ): row is Row | UnreadableRow {
    if (row === undefined || row instanceof UnreadableRow) return false;
    if (afterKey !== undefined && compareKeys(key, afterKey) <= 0) return false;
    if (beforeKey !== undefined && compareKeys(key, beforeKey) >= 0) return false;
    return indexEntries(this.#parts.projection, row).some((entry) => entry[0] === index && entry[1] === value);
  }

  /**
   * Whether this program can read the row of a placeholder, or now covers its stream. A row that several streams share
   * is excluded, because it is not known which other streams it holds.
   */
  #isOutdated(row: Row | UnreadableRow): row is UnreadableRow {
    if (!(row instanceof UnreadableRow) || this.#parts.projection.key !== undefined) return false;
    const { streamId, type, schemaVersion } = row.facts;
    if (row.kind === 'stray-stream') return covers(this.#parts.projection, streamId);
    if (row.kind !== 'written-by-newer-program') return false;
    return this.#parts.projection.events.reads?.(type, schemaVersion) === true;
  }

  async #repaired(
    found: ReadonlyMap<string, Row | UnreadableRow>,
    checkpoint: Position | undefined,
    deadline: Deadline,
  ): Promise<Repaired<Row>> {
    const repaired = new Map<string, Row | UnreadableRow | undefined>();
    const outdated = [...found].filter((one): one is [string, UnreadableRow] => this.#isOutdated(one[1]));
    // In pages, so that a call that runs out of time leaves less to the next one.
    for (let from = 0; from < outdated.length; from += PAGE_SIZE) {
      const page = new Map<string, Row | UnreadableRow | undefined>();
      for (const [key, row] of outdated.slice(from, from + PAGE_SIZE)) {
        page.set(key, await this.#foldAgain(row, checkpoint ?? START, deadline));
        if (this.#pacer.isDue()) await yieldToLoop();
      }
      if (checkpoint !== undefined) await this.#replace(page, checkpoint, deadline);
      for (const [key, row] of page) repaired.set(key, row);
    }
    return repaired;
  }

  async #foldAgain(
    { facts }: UnreadableRow,
    checkpoint: Position,
    deadline: Deadline,
  ): Promise<Row | UnreadableRow | undefined> {
    const { store, stored } = this.#parts;
    let [row, last]: [Row | UnreadableRow | undefined, RecordedEvent | undefined] = [undefined, undefined];
    for await (const page of store.readStream(facts.streamId, {}, deadline)) {
      const reached = page.filter(({ position }) => position <= checkpoint);
      for (const event of reached) row = stored.reduce(row, event);
      last = reached.at(-1) ?? last;
      if (reached.length < page.length) break;
    }
    return row === undefined || last === undefined ? undefined : (stored.checked?.(row, last) ?? row);
  }

  /**
   * Stores the repaired rows. A failure is ignored, because this reader's answer is complete without it: another writer
   * was first, or this program may not write. The next reader repairs them again.
   */
  async #replace(rows: Repaired<Row>, checkpoint: Position, deadline: Deadline): Promise<void> {
    await this.#parts.model.commit({ expected: checkpoint, checkpoint, rows }, deadline).catch(() => undefined);
  }
}

/** The same query, for the keys after this one. */
function afterLast(query: RowQuery, last: string | undefined): RowQuery {
  if (last === undefined) return query;
  return query.direction === 'backwards' ? { ...query, beforeKey: last } : { ...query, afterKey: last };
}

function haveSameKeys(one: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>): boolean {
  return one.size === other.size && [...one.keys()].every((key) => other.has(key));
}

const NONE: ReadonlyMap<string, Fault> = new Map();

function areReadable<Row>(
  found: RowsAt<ReadonlyMap<string, Row | UnreadableRow>>,
): found is RowsAt<ReadonlyMap<string, Row>> {
  for (const row of found.rows.values()) if (row instanceof UnreadableRow) return false;
  return true;
}

/** Object literals instead of spreads, because every command passes here. */
function withUnreadable<Row>(
  { checkpoint, head, rows }: RowsAt<ReadonlyMap<string, Row>>,
  unreadable: ReadonlyMap<string, Fault>,
): FreshRows<Row> {
  return head === undefined ? { checkpoint, rows, unreadable } : { checkpoint, head, rows, unreadable };
}

function isUnreadable<Row>(found: KeyedRow<Row | UnreadableRow>): found is KeyedRow<UnreadableRow> {
  return found.row instanceof UnreadableRow;
}
