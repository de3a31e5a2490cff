import { Fault } from '../fault.js';
import { isFault } from '../is-fault.js';
import { demandIndex } from '../store/demand-text.js';
import { placeOf, type EventCodec } from '../streams/event-codec.js';
import type { EventShape, RecordedEvent, RecordedFacts } from '../streams/event.js';
import type { Json } from '../streams/json.js';
import { categoryOf, type StreamId } from '../streams/stream-id.js';
import { covers, rowKey, rowText, type CheckingProjection, type IndexValues, type Projection } from './projection.js';
import type { KeyedRow } from './read-model-store.js';
import { demandedEntries, type IndexEntry } from './row-query.js';
import {
  indexOfKind,
  placeholderIn,
  placeholderOf,
  strayRow,
  UnreadableRow,
  type UnreadableFacts,
} from './unreadable-row.js';

/** Passes events on as recorded: each row finds out which ones it can read. */
const AS_RECORDED: EventCodec<RecordedEvent> = {
  encode: ({ type, schemaVersion, data }) => ({ type, schemaVersion, data }),
  decode: (event) => event,
};

/**
 * Poison-event isolation, for a log that other programs write to as well: the same projection, but a problem replaces
 * only its own row by a placeholder. Problems are an event it can't read, an event for which the reducer throws
 * `UnreadableEvent`, a row that can't be encoded or indexed, and a stream that the projection does not cover. Any other
 * error of the reducer stops the projection, because that is a defect.
 */
export function tolerating<Event extends EventShape, Row>(
  projection: Projection<Event, Row>,
): CheckingProjection<RecordedEvent, Row | UnreadableRow> {
  const { name, version, filter } = projection;
  const codec = new CheckedRows(projection);
  return {
    name,
    version,
    filter,
    events: AS_RECORDED,
    ...(projection.key !== undefined && { key: (streamId) => keyOf(projection, streamId) }),
    reduce: (row, event) => reduced(projection, row, event),
    index: (row) =>
      row instanceof UnreadableRow ? indexOfUnreadable(projection, row) : (projection.index?.(row) ?? {}),
    entries: (row) => (row instanceof UnreadableRow ? undefined : codec.entries(row)),
    snapshot: (row, event) => codec.snapshot(row, event),
    checked: (row, last) => codec.checked(row, last),
    rows: {
      encode: (row) => (row instanceof UnreadableRow ? placeholderOf(row) : projection.rows.encode(row)),
      text: (row) => (row instanceof UnreadableRow ? JSON.stringify(placeholderOf(row)) : codec.text(row)),
      decode: (stored) => placeholderIn(stored) ?? projection.rows.decode(stored),
    },
  };
}

/** The row after an event, or its placeholder from the first unreadable event on. */
export function reduced<Event extends EventShape, Row>(
  projection: Projection<Event, Row>,
  row: Row | UnreadableRow | undefined,
  recorded: RecordedEvent,
): Row | UnreadableRow | undefined {
  if (row instanceof UnreadableRow) return row;
  // A stream that has a row is covered by the projection.
  if (row === undefined && !covers(projection, recorded.streamId)) return strayed(projection, recorded);
  try {
    return projection.reduce(row, projection.events.decode(recorded));
  } catch (caught) {
    const facts = unreadableFacts(caught);
    if (facts === undefined) throw caught;
    return new UnreadableRow(facts, row === undefined ? {} : valuesOf(() => projection.index?.(row)));
  }
}

/**
 * The placeholder of a stray stream.
 *
 * @throws StoreDamaged when the stream's category was not asked for, because its stored name must then be damaged.
 */
function strayed(
  { filter, name }: Pick<Projection<never, never>, 'filter' | 'name'>,
  event: RecordedEvent,
): UnreadableRow {
  if (filter.categories.includes(categoryOf(event.streamId))) return strayRow(placeOf(event), { name });
  const problem = `the event at position ${event.position} was read for ${filter.categories.join(' and ')}, and is of ${event.streamId}`;
  throw new Fault('store-damaged', { store: `the log that ${name} is made of`, problem });
}

const MOST_TRIED = 500;

/** The outcome of encoding a row. */
interface Tried {
  readonly entries: readonly IndexEntry[];
  /** The row's text, where the projection makes it itself. */
  readonly text: string | undefined;
  /** The row as JSON, where it does not. */
  readonly json: Json;
}

/** Encodes and indexes the rows of a projection before a store gets them. */
class CheckedRows<Event extends EventShape, Row> {
  readonly #projection: Projection<Event, Row>;
  /** The encoded rows of the last page: a store asks for each next, and once. */
  readonly #tried = new Map<Row, Tried>();

  constructor(projection: Projection<Event, Row>) {
    this.#projection = projection;
  }

  text(row: Row): string {
    const tried = this.#tried.get(row);
    this.#tried.delete(row);
    return tried === undefined ? rowText(this.#projection, row) : (tried.text ?? JSON.stringify(tried.json));
  }

  entries(row: Row): readonly IndexEntry[] | undefined {
    return this.#tried.get(row)?.entries;
  }

  /** The row, or a placeholder when it can't be encoded or indexed after its last event. */
  checked(row: Row | UnreadableRow, last: RecordedEvent): Row | UnreadableRow {
    if (row instanceof UnreadableRow) return row;
    try {
      const { rows } = this.#projection;
      const entries = demandedEntries(this.#projection, row);
      const text = rows.text?.(row);
      if (this.#tried.size >= MOST_TRIED) this.#tried.clear();
      this.#tried.set(row, { entries, text, json: text === undefined ? rows.encode(row) : null });
      return row;
    } catch (caught) {
      const problem = `its row can't be kept: ${caught instanceof Error ? caught.message : String(caught)}`;
      return new UnreadableRow({ ...placeOf(last), code: 'unreadable-event', problem }, {});
    }
  }

  /** No snapshot for a row that can't be encoded, which has a placeholder instead. */
  snapshot(row: Row | UnreadableRow, event: RecordedFacts): KeyedRow<Row> | undefined {
    if (row instanceof UnreadableRow) return undefined;
    try {
      const snapshot = this.#projection.snapshot?.(row, event);
      if (snapshot === undefined) return undefined;
      this.#projection.rows.encode(snapshot.row);
      demandIndex(this.#projection.index?.(snapshot.row) ?? {});
      return snapshot;
    } catch {
      return undefined;
    }
  }
}

/** A stray stream has its own row: `key` is not called with a name it does not know. */
function keyOf<Event extends EventShape, Row>(projection: Projection<Event, Row>, streamId: StreamId): string {
  return covers(projection, streamId) ? rowKey(projection, streamId) : streamId;
}

function unreadableFacts(caught: unknown): UnreadableFacts | undefined {
  const isUnreadable = isFault(caught, 'written-by-newer-program') || isFault(caught, 'unreadable-event');
  return isUnreadable ? { ...caught.facts, code: caught.code } : undefined;
}

function indexOfUnreadable<Event extends EventShape, Row>(
  projection: Projection<Event, Row>,
  row: UnreadableRow,
): IndexValues {
  const { streamId } = row.facts;
  const ofName = covers(projection, streamId) ? valuesOf(() => projection.indexUnreadable?.(streamId)) : {};
  return { ...ofName, ...row.index, ...indexOfKind(row) };
}

/** The index values of an unreadable row; none when the projection can't tell. */
function valuesOf(index: () => IndexValues | undefined): IndexValues {
  try {
    return demandIndex(index() ?? {});
  } catch {
    return {};
  }
}
