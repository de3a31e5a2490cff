import {
  deepFrozen,
  type Projection,
  type RecordedEvent,
  reducePage,
  streamId,
  type StreamId,
} from '@login-policy/event-sourcing';
import { type EventFilter, type EventShape, filterPredicate } from '@login-policy/event-sourcing/store';
import { demandSame } from '../demand.js';
import { EventPlacer, type PlacingOptions } from './event-placer.js';

/**
 * The past events in order: plain events, which go to one stream, or recorded ones, from a history file or an {@link
 * EventPlacer}. The projection does not get events that its filter excludes.
 */
export type ProjectionGiven<Event, Row> = (...events: readonly (Event | RecordedEvent)[]) => ProjectionThen<Row>;

/** The expected rows, compared as a whole. */
export interface ProjectionThen<Row> {
  /** Checks that exactly this row is under the key, or none for `undefined`. @throws AssertionError */
  thenRow(key: string, expected: Row | undefined): void;
  /** Checks that exactly these rows are under exactly these keys. @throws AssertionError */
  thenRows(expected: ReadonlyMap<string, Row>): void;
}

/**
 * Tests a projection without a store: `given(…events).thenRow(key, row)`.
 *
 * Events and rows pass through the projection's codecs as in a store, and rows are frozen, so that what only works in
 * memory fails here, too.
 *
 * @throws ProjectionStopped when an event can't be reduced.
 */
export function projectionSpecification<Event extends EventShape, Row>(
  projection: Projection<Event, Row>,
  options: PlacingOptions = {},
): ProjectionGiven<Event, Row> {
  return (...events) => {
    const placer = new EventPlacer({ streamId: defaultStream(projection.filter), ...options });
    const recorded = events.map((event) => (isRecorded(event) ? event : placer.record(projection.events, event)));
    const rows = reduceAll(projection, recorded);
    return {
      thenRow(key, expected) {
        demandSame({ what: `row ${JSON.stringify(key)}`, actual: rows.get(key), expected });
      },
      thenRows(expected) {
        demandSame({ what: 'rows', actual: rows, expected });
      },
    };
  };
}

function isRecorded(event: EventShape | RecordedEvent): event is RecordedEvent {
  return 'revision' in event;
}

function defaultStream(filter: EventFilter): StreamId {
  return streamId(filter.categories[0] ?? 'Thing', '1');
}

function reduceAll<Event extends EventShape, Row>(
  projection: Projection<Event, Row>,
  events: readonly RecordedEvent[],
): ReadonlyMap<string, Row> {
  const rows = new Map<string, Row>();
  for (const event of events.filter(filterPredicate(projection.filter))) {
    const reduced = reducePage(projection, [event], (key) => rows.get(key));
    if (reduced.stopped !== undefined) throw reduced.stopped;
    for (const [key, kept] of reduced.rows) {
      if (kept === undefined) rows.delete(key);
      else rows.set(key, deepFrozen(projection.rows.decode(projection.rows.encode(kept.row))));
    }
  }
  return rows;
}
