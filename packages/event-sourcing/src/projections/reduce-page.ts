import { ProjectionStopped } from './projection-faults.js';
import { placeOf } from '../streams/event-codec.js';
import type { EventShape, Recorded, RecordedEvent } from '../streams/event.js';
import type { Position } from '../streams/position.js';
import type { Projection } from './projection.js';

/** What a page of events makes of the rows they belong to. */
export interface ReducedPage<Row> {
  /** The new row under each key that changed; `undefined` takes it away. */
  readonly rows: Map<string, Row | undefined>;
  /** The last event that was reduced; `undefined` when the very first could not be. */
  readonly position: Position | undefined;
  /** Why the page was not reduced to its end. All events before the named one were. */
  readonly stopped?: ProjectionStopped;
}

/** A page of events, decoded, each with the key of its row. */
export interface DecodedPage<Event extends EventShape> {
  readonly events: readonly { readonly key: string; readonly event: Recorded<Event> }[];
  readonly keys: ReadonlySet<string>;
  readonly stopped?: ProjectionStopped;
}

/** Decodes the events of a page that the projection wants, up to the first that can't be decoded. */
export function decodePage<Event extends EventShape, Row>(
  projection: Projection<Event, Row>,
  page: readonly RecordedEvent[],
): DecodedPage<Event> {
  const events: { key: string; event: Recorded<Event> }[] = [];
  const keys = new Set<string>();
  for (const stored of page) {
    try {
      const event = projection.events.decode(stored);
      const key = projection.key(event);
      keys.add(key);
      events.push({ key, event });
    } catch (cause) {
      return { events, keys, stopped: stoppedAt(projection, stored, cause) };
    }
  }
  return { events, keys };
}

/** Folds a decoded page into rows, up to the first event the reducer throws at. `before` holds the rows that exist. */
export function reducePage<Event extends EventShape, Row>(
  projection: Projection<Event, Row>,
  page: DecodedPage<Event>,
  before: ReadonlyMap<string, Row>,
): ReducedPage<Row> {
  const rows = new Map<string, Row | undefined>();
  let position: Position | undefined;
  for (const { key, event } of page.events) {
    try {
      const current = rows.get(key);
      rows.set(key, projection.reduce(current === undefined && !rows.has(key) ? before.get(key) : current, event));
      position = event.position;
    } catch (cause) {
      return { rows, position, stopped: stoppedAt(projection, event, cause) };
    }
  }
  return page.stopped === undefined ? { rows, position } : { rows, position, stopped: page.stopped };
}

function stoppedAt(
  projection: { readonly name: string },
  event: Pick<RecordedEvent, 'streamId' | 'revision' | 'type' | 'schemaVersion' | 'position'>,
  cause: unknown,
): ProjectionStopped {
  return new ProjectionStopped({ ...placeOf(event), projection: projection.name, position: event.position }, cause);
}
