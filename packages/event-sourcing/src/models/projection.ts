import { atOnce } from '../values/at-once.js';
import { isPlainObject } from '../values/deep-frozen.js';
import type { Fault } from '../values/fault.js';
import { shown } from '../values/shown.js';
import { wrong } from '../values/wrong.js';
import { demandIndexed, demandText, parseJson, type Json } from '../streams/json.js';
import type { EventCodec } from '../streams/event-codec.js';
import { demandFilter, type EventFilter } from '../streams/event-filter.js';
import type { EventShape, Recorded, RecordedFacts } from '../streams/event.js';
import type { StreamId } from '../values/stream-id.js';

/** A row and its key. */
export interface KeyedRow<Row> {
  readonly key: string;
  readonly row: Row;
}

/** One value that a row is found by, with its index. */
export type IndexEntry = readonly [index: string, value: string];

/**
 * How a store that holds text stores a row. `decode` is the exact inverse of `encode`. Many readers share a row: its
 * plain objects and arrays are frozen; its class instances (a `Date`, a `Map`) are not, and readers must not change
 * them.
 */
export interface RowCodec<Row> {
  /** The row as stored. */
  encode(row: Row): Json;
  /**
   * The JSON text of `encode`'s result, where it can be had faster: every append asks for it. It throws where `encode`
   * does. Default: `JSON.stringify` of it.
   */
  text?(row: Row): string;
  /** Promises that `text` returns JSON for every row. Without it, each row's text is made and parsed once to check it. */
  readonly isTextJson?: true;
  /** Throws an `Error` that names the problem when `stored` is not such a row. */
  decode(stored: Json): Row;
}

/**
 * The values a row is found by: one value or several for each index name. An index finds the row under each of its
 * values once, even if a value is repeated. Without a value the index does not find the row.
 */
export type IndexValues = Readonly<Record<string, string | readonly string[]>>;

/** Which rows a read model holds, and how they are found. */
export interface ReadModelDefinition<Row> {
  /** The name of the projection and its read model. */
  readonly name: string;
  /** Increase it when the reducer or the row changes: a new version is a new read model, built from the first event. */
  readonly version: number;
  readonly rows: RowCodec<Row>;
  /** The values a row is found by. Fixed for each version. */
  index?(row: Row): IndexValues;
}

/** How events become rows. Pure: the same events give the same rows, whenever and wherever they are reduced. */
export interface Projection<Event extends EventShape, Row> extends ReadModelDefinition<Row> {
  readonly filter: EventFilter;
  readonly events: EventCodec<Event>;
  /**
   * Whether the projection covers a stream of its categories. Default: every one. Events of other streams never reach
   * `reduce`, `key` or `indexUnreadable`. Such a stray stream is listed by `ProjectionRunner.unreadable` and affects no
   * other row.
   */
  covers?(streamId: StreamId): boolean;
  /**
   * The key of the row that a stream's events belong to, for rows that several streams share. Default: each stream has
   * its own row under its name, and a rebuild may read one stream after another.
   */
  key?(streamId: StreamId): string;
  /** The index values of a row none of whose events could be read, derived from its stream's name. Default: none. */
  indexUnreadable?(streamId: StreamId): IndexValues;
  /** The row after the event; `undefined` removes the row. It must not change the given row in place. */
  reduce(row: Row | undefined, event: Recorded<Event>): Row | undefined;
  /**
   * A snapshot of the row right after this event, under a key that no stream has. It is written with the row and by
   * every rebuild, and never removed. `index` applies to it as to any row, and so does the placeholder of a row that
   * can't be encoded or indexed. Default: no snapshot.
   */
  snapshot?(row: Row, event: RecordedFacts): KeyedRow<Row> | undefined;
}

/** A row, and what a store gets of it once it was checked ({@link keptRow}). */
export interface KeptRow<Row> {
  /** Once it was checked: without what JSON leaves out, such as the sign of -0. */
  readonly row: Row;
  /** The values it is found by; `undefined` before it was checked. */
  readonly entries?: readonly IndexEntry[];
  /** Its JSON. `undefined` where the codec promises JSON: only a store of texts needs it then. */
  readonly text?: string | undefined;
}

/** A projection that checks each row before a store gets it: once per stream and page, after the stream's last event. */
export interface CheckingProjection<Event extends EventShape, Row> extends Projection<Event, Row> {
  /** The row, or the placeholder that replaces it. */
  checked?(row: Row, last: Recorded<Event>): KeptRow<Row>;
  /** What stands in for a stored row that is damaged, for readers and for `reduce`. It is never written. */
  damaged?(fault: Fault<'store-damaged'>): Row;
}

/** Whether a projection covers a stream. */
export function covers(projection: { covers?(streamId: StreamId): boolean }, streamId: StreamId): boolean {
  return projection.covers === undefined || atOnce(projection.covers(streamId), 'covers');
}

/** The key of the row that a stream's events belong to. It is known for unreadable events, too. */
export function rowKey(projection: { key?(streamId: StreamId): string }, streamId: StreamId): string {
  return projection.key === undefined ? streamId : atOnce(projection.key(streamId), 'key');
}

/** The JSON text of a row. @throws TypeError, SyntaxError when the row is encoded as something that JSON does not have. */
export function rowText<Row>({ rows }: Pick<ReadModelDefinition<Row>, 'rows'>, row: Row): string {
  const text: unknown =
    rows.text === undefined ? JSON.stringify(rows.encode(row), demandJson) : atOnce(rows.text(row), 'text');
  if (typeof text !== 'string') throw new TypeError('it is encoded as something that JSON does not have');
  if (rows.text === undefined || rows.isTextJson === true) return text;
  if (!text.isWellFormed()) throw new TypeError('a lone surrogate is not Unicode text');
  parseJson(text);
  return text;
}

/**
 * A row with its index entries and as its JSON says, so that the process that made it reads no other one.
 *
 * @throws as {@link rowText} and {@link indexEntries}
 */
export function keptRow<Row>(definition: ReadModelDefinition<Row>, row: Row): KeptRow<Row> {
  const { rows } = definition;
  if (rows.isTextJson === true) return { row, entries: indexEntries(definition, row) };
  const text = rowText(definition, row);
  const kept = atOnce(rows.decode(parseJson(text)), 'decode');
  return { row: kept, entries: indexEntries(definition, kept), text };
}

/**
 * Refuses what `JSON.stringify` would replace by something else, such as a `Date` by its text: the process that wrote it
 * would read another row than all others. Members that are undefined are left out.
 */
function demandJson(this: unknown, key: string, value: unknown): unknown {
  const given: unknown = atOnce(Reflect.get(Object(this), key), 'encode');
  if (given === value && isJson(given, Array.isArray(this))) return value;
  throw new TypeError(`${key === '' ? 'it' : JSON.stringify(key)} is ${shown(given)} that JSON does not have`);
}

function isJson(value: unknown, isInList: boolean): boolean {
  if (typeof value === 'object') return value === null || Array.isArray(value) || isPlainObject(value);
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value === 'string' || typeof value === 'boolean' || (value === undefined && !isInList);
}

/** The index entries of a row, each value once. @throws UnserialisableData naming an index that is not Unicode text. */
export function indexEntries<Row>(definition: ReadModelDefinition<Row>, row: Row): readonly IndexEntry[] {
  return entriesIn(atOnce(definition.index?.(row) ?? {}, 'index'));
}

/** Index values, if they are Unicode text. @throws UnserialisableData naming the index. */
export function demandedIndex(values: IndexValues): IndexValues {
  entriesIn(values);
  return values;
}

function entriesIn(values: IndexValues): readonly IndexEntry[] {
  const entries: IndexEntry[] = [];
  for (const index of Object.keys(values)) {
    const given = values[index] ?? [];
    for (const value of typeof given === 'string' ? [given] : eachOnce(given)) {
      demandText('index', index);
      demandIndexed(index, value);
      entries.push([index, value]);
    }
  }
  return entries;
}

/** A single value has no duplicates. */
function eachOnce(values: readonly string[]): Iterable<string> {
  return values.length < 2 ? values : new Set(values);
}

/** A projection with any events and any rows, for code that only passes it on. */
export type AnyProjection = Projection<EventShape, unknown> & Pick<CheckingProjection<never, unknown>, 'damaged'>;

/**
 * The name a read model is stored under. A new version stands beside the old one until no process reads the old one.
 */
export function modelName(definition: { readonly name: string; readonly version: number }): string {
  return `${definition.name}.v${definition.version}`;
}

const OPTIONAL = ['index', 'covers', 'key', 'indexUnreadable', 'snapshot'] as const;

/** Checks a projection when it is opened. @throws RangeError naming its member */
export function demandProjection(projection: unknown): void {
  const given = demandMethods('the projection', projection, ['reduce']);
  const name: unknown = Reflect.get(given, 'name');
  const version: unknown = Reflect.get(given, 'version');
  if (typeof name !== 'string' || name.trim() === '')
    throw wrong('the name of the projection', 'a text that is not blank', name);
  if (!Number.isSafeInteger(version) || Number(version) < 0)
    throw wrong(`the version of the projection ${name}`, 'a whole number', version);
  demandFilter(Reflect.get(given, 'filter'));
  demandMethods(`events of the projection ${name}`, Reflect.get(given, 'events'), ['decode']);
  demandMethods(`rows of the projection ${name}`, Reflect.get(given, 'rows'), ['encode', 'decode']);
  for (const member of OPTIONAL) {
    const found: unknown = Reflect.get(given, member);
    if (found !== undefined && typeof found !== 'function')
      throw wrong(`${member} of the projection ${name}`, 'a function', found);
  }
}

function demandMethods(what: string, value: unknown, methods: readonly string[]): object {
  if (typeof value !== 'object' || value === null) throw wrong(what, 'an object', value);
  for (const method of methods) {
    const found: unknown = Reflect.get(value, method);
    if (typeof found !== 'function') throw wrong(`${method} of ${what}`, 'a function', found);
  }
  return value;
}
