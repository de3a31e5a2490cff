import { atOnce } from '../values/at-once.js';
import { placeOf, unreadableEvent } from '../streams/event-codec.js';
import { Fault } from '../values/fault.js';
import type { EventShape, Recorded, RecordedEvent } from '../streams/event.js';
import type { Position } from '../values/position.js';
import { covers, rowKey, type CheckingProjection, type KeptRow, type Projection } from './projection.js';

/** The outcome of reducing a page of events. */
export interface ReducedPage<Row> {
  /** The new row under each changed key; `undefined` removes the row. */
  readonly rows: ReadonlyMap<string, KeptRow<Row> | undefined>;
  /** The last reduced event; `undefined` when the first one could not be reduced. */
  readonly position: Position | undefined;
  /** Why reducing stopped before the end of the page. All events before the named one are reduced. */
  readonly stopped?: Fault<'projection-stopped'>;
}

/** Known rows by key; `undefined` means that there is no row. */
export type KnownRows<Row> = Map<string, Row | undefined>;

/** The keys of rows that a page changes and that are not known: for a store that looks rows up before reducing. */
export function unknownKeys<Event extends EventShape, Row>(
  projection: Projection<Event, Row>,
  page: readonly RecordedEvent[],
  known: ReadonlyMap<string, unknown> = new Map(),
): readonly string[] {
  const keys = new Set<string>();
  for (const { streamId } of page) {
    const key = rowKey(projection, streamId);
    if (!known.has(key)) keys.add(key);
  }
  return [...keys];
}

/** Reduces a page, up to the first event that can't be decoded or reduced. Looks no row up twice. */
export function reducePage<Event extends EventShape, Row>(
  projection: CheckingProjection<Event, Row>,
  page: readonly RecordedEvent[],
  lookUp: (key: string) => Row | undefined,
): ReducedPage<Row> {
  const rows = new Map<string, KeptRow<Row> | undefined>();
  let position: Position | undefined;
  // Events of a stream often come in sequence: its row is stored back when the sequence ends.
  let [key, row, last]: [string, Row | undefined, Recorded<Event> | undefined] = ['', undefined, undefined];
  const storeBack = (): void => {
    if (last === undefined) return;
    rows.set(key, row === undefined ? undefined : checkedRow(projection, row, last));
    last = undefined;
  };
  for (const stored of page) {
    try {
      if (!covers(projection, stored.streamId))
        throw unreadableEvent(stored, 'the projection does not cover this stream');
      const event = atOnce(projection.events.decode(stored), 'decode');
      if (stored.streamId !== last?.streamId) {
        storeBack();
        key = rowKey(projection, stored.streamId);
        row = rows.has(key) ? rows.get(key)?.row : lookUp(key);
      }
      row = projection.reduce(row, event);
      last = event;
      const snapshot = row === undefined ? undefined : atOnce(projection.snapshot?.(row, event), 'snapshot');
      if (snapshot !== undefined) rows.set(snapshot.key, checkedRow(projection, snapshot.row, event));
    } catch (cause) {
      storeBack();
      return { rows, position, stopped: stoppedAt(projection, stored, cause) };
    }
    position = stored.position;
  }
  storeBack();
  return { rows, position };
}

function checkedRow<Event extends EventShape, Row>(
  projection: CheckingProjection<Event, Row>,
  row: Row,
  last: Recorded<Event>,
): KeptRow<Row> {
  return projection.checked?.(row, last) ?? { row };
}

function stoppedAt(
  projection: { readonly name: string },
  event: Pick<RecordedEvent, 'streamId' | 'revision' | 'type' | 'schemaVersion' | 'position'>,
  cause: unknown,
): Fault<'projection-stopped'> {
  return new Fault(
    'projection-stopped',
    { ...placeOf(event), projection: projection.name, position: event.position },
    cause,
  );
}
