import type { EventCodec } from '../streams/event-codec.js';
import type { EventFilter } from '../streams/event-filter.js';
import type { EventShape, Recorded, RecordedFacts } from '../streams/event.js';
import type { Json } from '../streams/json.js';
import type { StreamId } from '../streams/stream-id.js';
import type { KeyedRow } from './read-model-store.js';

/**
 * How a row is kept by a store that holds text. `decode` undoes `encode` exactly. Rows are handed to many readers: plain objects and arrays
 * in them are frozen, instances of classes (a `Date`, a `Map`) are not, and must not be changed by a reader.
 */
export interface RowCodec<Row> {
  /** The row as it is kept. */
  encode(row: Row): Json;
  /** The JSON text of what `encode` answers, where that can be had for less: every append asks for it. Default: made of that. */
  text?(row: Row): string;
  /** Throws an `Error` that says what is wrong when `stored` is not such a row. */
  decode(stored: Json): Row;
}

/**
 * By what a row is found: a value, or several, under the name of each index. It is found by each of them, once, however often that is
 * given; without a value it is found by none.
 */
export type IndexValues = Readonly<Record<string, string | readonly string[]>>;

/** What rows a read model holds, and how to find them again. */
export interface ReadModelDefinition<Row> {
  /** Of the projection, and of its read model. */
  readonly name: string;
  /** Counted up when the reducer or the row changes: a new version is a new read model, built from the first event. */
  readonly version: number;
  readonly rows: RowCodec<Row>;
  /** What a row can be looked up by. Fixed for a version. */
  index?(row: Row): IndexValues;
}

/** How events become rows to read. Pure: the same events give the same rows, whenever and wherever they are reduced. */
export interface Projection<Event extends EventShape, Row> extends ReadModelDefinition<Row> {
  readonly filter: EventFilter;
  readonly events: EventCodec<Event>;
  /**
   * Whether the projection is about a stream of these categories. Default: about each. The events of any other never reach `reduce`, `key`
   * or `indexUnread`: such a stray stream is listed by `ProjectionRunner.unreadable`, and no other row hears of it.
   */
  isAbout?(streamId: StreamId): boolean;
  /**
   * Which row the events of a stream belong to, where several streams share one. Default: each stream has a row of its own, under its
   * name, and a rebuild may read one stream after another.
   */
  key?(streamId: StreamId): string;
  /** The values to find a row by of which nothing could be read: what its stream's name tells. Default: none. */
  indexUnread?(streamId: StreamId): IndexValues;
  /** The row after the event; `undefined` when there is none any more. The row before it is never changed in place. */
  reduce(row: Row | undefined, event: Recorded<Event>): Row | undefined;
  /**
   * What is kept of the row as this event left it, under a key that no stream has: written with the row, and by every rebuild, and never
   * taken away. It is found by what `index` says of it, like any row. Default: nothing.
   */
  snapshot?(row: Row, event: RecordedFacts): KeyedRow<Row> | undefined;
}

/** A projection that is asked about each row before a store is given it: of a page, once a stream, after its last event. */
export interface CheckingProjection<Event extends EventShape, Row> extends Projection<Event, Row> {
  /** The row, or the one that stands in its place. */
  checked?(row: Row, last: Recorded<Event>): Row;
}

/** Whether a projection is about a stream. */
export function isAbout(projection: { isAbout?(streamId: StreamId): boolean }, streamId: StreamId): boolean {
  return projection.isAbout === undefined || projection.isAbout(streamId);
}

/** The key of the row that the events of a stream belong to: it is known of an event that can't be read, too. */
export function rowKey(projection: { key?(streamId: StreamId): string }, streamId: StreamId): string {
  return projection.key === undefined ? streamId : projection.key(streamId);
}

/** The JSON text of a row. */
export function rowText<Row>({ rows }: Pick<ReadModelDefinition<Row>, 'rows'>, row: Row): string {
  return rows.text === undefined ? JSON.stringify(rows.encode(row)) : rows.text(row);
}

/** A projection of whatever events to whatever rows, for code that only passes it on. */
export type AnyProjection = Projection<EventShape, unknown>;

/** The name a read model is kept under: a new version stands beside the old one until nobody reads that. */
export function modelName(definition: { readonly name: string; readonly version: number }): string {
  return `${definition.name}.v${definition.version}`;
}
