import { placeOf } from '../streams/event-codec.js';
import type { EventShape, RecordedEvent, RecordedFacts } from '../streams/event.js';
import type { StreamId } from '../streams/stream-id.js';
import type { Position } from '../streams/position.js';
import { ProjectionStopped } from './projection-faults.js';
import { rowKey, type Projection } from './projection.js';
import type { KeyedRow } from './read-model-store.js';

/** What a page of events makes of the rows they belong to. */
export interface ReducedPage<Row> {
  /** The new row under each key that changed; `undefined` takes it away. */
  readonly rows: KnownRows<Row>;
  /** The last event that was reduced; `undefined` when the very first could not be. */
  readonly position: Position | undefined;
  /** Why the page was not reduced to its end. All events before the named one were. */
  readonly stopped?: ProjectionStopped;
}

/** Rows by their keys, as far as they are known; `undefined`: there is none. */
export type KnownRows<Row> = Map<string, Row | undefined>;

/** Which rows a page changes that are not known: to be looked up before it is reduced, where that can't be done on the way. */
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

/** Reduces a page, up to the first event that can't be decoded or reduced. No row is looked up twice. */
export function reducePage<Event extends EventShape, Row>(
  projection: Projection<Event, Row>,
  page: readonly RecordedEvent[],
  lookUp: (key: string) => Row | undefined,
): ReducedPage<Row> {
  const rows: KnownRows<Row> = new Map();
  let position: Position | undefined;
  // Often the events of a stream come one after another: its row is put back where they end. No stream: no row has changed.
  let [streamId, key, row]: [StreamId | undefined, string, Row | undefined] = [undefined, '', undefined];
  const reduced = (stopped?: ProjectionStopped): ReducedPage<Row> => {
    if (streamId !== undefined) rows.set(key, row);
    return { rows, position, ...(stopped !== undefined && { stopped }) };
  };
  for (const stored of page) {
    try {
      const event = projection.events.decode(stored);
      if (stored.streamId !== streamId) {
        if (streamId !== undefined) rows.set(key, row);
        streamId = undefined;
        key = rowKey(projection, stored.streamId);
        row = rows.has(key) ? rows.get(key) : lookUp(key);
      }
      row = projection.reduce(row, event);
      streamId = stored.streamId;
      const snapshot = snapshotOf(projection, row, event);
      if (snapshot !== undefined) rows.set(snapshot.key, snapshot.row);
    } catch (cause) {
      return reduced(stoppedAt(projection, stored, cause));
    }
    position = stored.position;
  }
  return reduced();
}

function snapshotOf<Row>(
  projection: Pick<Projection<EventShape, Row>, 'snapshot'>,
  row: Row | undefined,
  event: RecordedFacts,
): KeyedRow<Row> | undefined {
  return row === undefined ? undefined : projection.snapshot?.(row, event);
}

function stoppedAt(
  projection: { readonly name: string },
  event: Pick<RecordedEvent, 'streamId' | 'revision' | 'type' | 'schemaVersion' | 'position'>,
  cause: unknown,
): ProjectionStopped {
  return new ProjectionStopped({ ...placeOf(event), projection: projection.name, position: event.position }, cause);
}
