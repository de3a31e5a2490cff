import { placeOf } from '../streams/event-codec.js';
import type { EventShape, RecordedEvent, RecordedFacts } from '../streams/event.js';
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
  let [key, row]: [string | undefined, Row | undefined] = [undefined, undefined];
  for (const stored of page) {
    try {
      const event = projection.events.decode(stored);
      const next = rowKey(projection, stored.streamId);
      // Often the events of a stream come one after another.
      if (next !== key) row = rows.has(next) ? rows.get(next) : lookUp(next);
      key = next;
      row = projection.reduce(row, event);
      rows.set(key, row);
      const snapshot = snapshotOf(projection, row, event);
      if (snapshot !== undefined) rows.set(snapshot.key, snapshot.row);
    } catch (cause) {
      return { rows, position, stopped: stoppedAt(projection, stored, cause) };
    }
    position = stored.position;
  }
  return { rows, position };
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
