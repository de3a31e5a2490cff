import { atOnce } from '../values/at-once.js';
import { Fault } from '../values/fault.js';
import { isFault } from '../values/is-fault.js';
import { AS_RECORDED, placeOf } from '../streams/event-codec.js';
import type { EventShape, RecordedEvent } from '../streams/event.js';
import { categoryOf, type StreamId } from '../values/stream-id.js';
import {
  type CheckingProjection,
  covers,
  demandProjection,
  demandedIndex,
  type IndexValues,
  keptRow,
  type KeptRow,
  type KeyedRow,
  type Projection,
  rowKey,
  rowText,
} from './projection.js';
import {
  indexOfKind,
  placeholderIn,
  placeholderOf,
  strayRow,
  DamagedRow,
  isPlaceholder,
  type Placeholder,
  UnreadableRow,
  type UnreadableFacts,
} from './unreadable-row.js';

/**
 * Wraps a projection, so that a problem with one row replaces only that row by a placeholder (poison-event isolation).
 * Other programs may write to the same log. A problem is
 * - an event that this program can't read, or for which the reducer throws `UnreadableEvent`;
 * - a row that can't be encoded or indexed, or whose stored form is damaged;
 * - a stream that the projection does not cover.
 *
 * Any other error of the reducer is a defect and stops the projection.
 */
export function withPlaceholders<Event extends EventShape, Row>(
  projection: Projection<Event, Row>,
): CheckingProjection<RecordedEvent, Row | Placeholder> {
  demandProjection(projection);
  const { name, version, filter } = projection;
  return {
    name,
    version,
    filter,
    // `reduceOrPlaceholder` decodes them, so that an unreadable event concerns only its row.
    events: AS_RECORDED,
    ...(projection.key !== undefined && { key: (streamId) => keyOf(projection, streamId) }),
    ...(projection.snapshot !== undefined && {
      snapshot: (row: Row | Placeholder, event: RecordedEvent) =>
        isPlaceholder(row) ? undefined : snapshotOf(projection, row, event),
    }),
    reduce: (row, event) => reduceOrPlaceholder(projection, row, event),
    checked: (row, last) => (isPlaceholder(row) ? { row } : keptOrPlaceholder(projection, row, last)),
    damaged: (fault) => new DamagedRow(fault),
    index: (row) =>
      isPlaceholder(row) ? indexOfUnreadable(projection, storable(row)) : (projection.index?.(row) ?? {}),
    rows: {
      encode: (row) => (isPlaceholder(row) ? placeholderOf(storable(row)) : projection.rows.encode(row)),
      text: (row) => (isPlaceholder(row) ? JSON.stringify(placeholderOf(storable(row))) : rowText(projection, row)),
      isTextJson: true,
      decode: (stored) => placeholderIn(stored) ?? projection.rows.decode(stored),
    },
  };
}

/** @throws StoreDamaged for the placeholder of a damaged row: nothing is made of it. */
function storable(row: Placeholder): UnreadableRow {
  if (row instanceof DamagedRow) throw row.fault();
  return row;
}

/** A damaged row has lost what it held, so the event can't be added: the row stays unreadable until a rebuild. */
function placeholderOfDamaged(row: DamagedRow, next: RecordedEvent): UnreadableRow {
  const problem = `its stored row was damaged (${row.fault().facts.problem}); rebuild the read model`;
  return new UnreadableRow({ ...placeOf(next), code: 'unreadable-event', problem }, {});
}

/** The row after an event; from the first unreadable event on, its placeholder. */
function reduceOrPlaceholder<Event extends EventShape, Row>(
  projection: Projection<Event, Row>,
  row: Row | Placeholder | undefined,
  recorded: RecordedEvent,
): Row | Placeholder | undefined {
  if (row instanceof DamagedRow) return placeholderOfDamaged(row, recorded);
  if (isPlaceholder(row)) return row;
  // A stream that has a row is covered by the projection.
  if (row === undefined && !covers(projection, recorded.streamId)) return placeholderOfStray(projection, recorded);
  try {
    return atOnce(projection.reduce(row, atOnce(projection.events.decode(recorded), 'decode')), 'reduce');
  } catch (caught) {
    const facts = unreadableFactsOf(caught);
    if (facts === undefined) throw caught;
    return new UnreadableRow(facts, row === undefined ? {} : indexValuesOrNone(() => projection.index?.(row)));
  }
}

/**
 * The placeholder of a stray stream.
 *
 * @throws StoreDamaged when the projection did not ask for the stream's category: the stored name must then be damaged.
 */
function placeholderOfStray(
  { filter, name }: Pick<Projection<never, never>, 'filter' | 'name'>,
  event: RecordedEvent,
): UnreadableRow {
  if (filter.categories.includes(categoryOf(event.streamId))) return strayRow(placeOf(event), { name });
  const problem = `the event at position ${event.position} was read for ${filter.categories.join(' and ')}, and is of ${event.streamId}`;
  throw new Fault('store-damaged', { store: `the log that ${name} is made of`, problem });
}

/** The row as a store gets it, or its placeholder if it can't be encoded or indexed after its last event. */
function keptOrPlaceholder<Event extends EventShape, Row>(
  projection: Projection<Event, Row>,
  row: Row,
  last: RecordedEvent,
): KeptRow<Row | Placeholder> {
  try {
    return keptRow(projection, row);
  } catch (caught) {
    const why = caught instanceof Error ? caught.message : String(caught);
    // A store that could not read the event throws when the row's codec reads its data.
    const problem = isFault(caught, 'unreadable-event') ? caught.facts.problem : `its row can't be kept: ${why}`;
    const facts = { ...placeOf(last), code: 'unreadable-event', problem } as const;
    const index = indexValuesOrNone(() => projection.index?.(row));
    return { row: new UnreadableRow(facts, index) };
  }
}

/** The snapshot of a row, unchecked; none when the projection fails to make it. */
function snapshotOf<Event extends EventShape, Row>(
  projection: Projection<Event, Row>,
  row: Row,
  event: RecordedEvent,
): KeyedRow<Row> | undefined {
  try {
    return atOnce(projection.snapshot?.(row, event), 'snapshot');
  } catch {
    return undefined;
  }
}

/** The key of a stream's row. A stray stream has its own row, so that `key` is not called with an unexpected name. */
function keyOf<Event extends EventShape, Row>(projection: Projection<Event, Row>, streamId: StreamId): string {
  return covers(projection, streamId) ? rowKey(projection, streamId) : streamId;
}

function unreadableFactsOf(caught: unknown): UnreadableFacts | undefined {
  const isUnreadable = isFault(caught, 'written-by-newer-program') || isFault(caught, 'unreadable-event');
  return isUnreadable ? { ...caught.facts, code: caught.code } : undefined;
}

function indexOfUnreadable<Event extends EventShape, Row>(
  projection: Projection<Event, Row>,
  row: UnreadableRow,
): IndexValues {
  const { streamId } = row.facts;
  const ofName = covers(projection, streamId) ? indexValuesOrNone(() => projection.indexUnreadable?.(streamId)) : {};
  return { ...ofName, ...row.index, ...indexOfKind(row) };
}

/** The index values of an unreadable row; none when the projection can't tell. */
function indexValuesOrNone(index: () => IndexValues | undefined): IndexValues {
  try {
    return demandedIndex(atOnce(index() ?? {}, 'index'));
  } catch {
    return {};
  }
}
