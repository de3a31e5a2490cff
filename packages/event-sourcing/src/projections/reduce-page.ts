import { placeOf } from '../streams/event-codec.js';
import type { EventShape, Recorded, RecordedEvent, RecordedFacts } from '../streams/event.js';
import type { Position } from '../streams/position.js';
import { ProjectionStopped } from './projection-faults.js';
import type { Projection } from './projection.js';
import type { KeyedRow } from './read-model-store.js';

/** What a page of events makes of the rows they belong to. */
export interface ReducedPage<Row> {
  /** The new row under each key that changed; `undefined` takes it away. */
  readonly rows: Map<string, Row | undefined>;
  /** The last event that was reduced; `undefined` when the very first could not be. */
  readonly position: Position | undefined;
  /** Why the page was not reduced to its end. All events before the named one were. */
  readonly stopped?: ProjectionStopped;
}

/** One row on its way through a page, under its key. */
export interface PageSlot<Row> {
  readonly key: string;
  row: Row | undefined;
  /** Stands for who changed it last, and holds nothing of him. */
  changedBy: symbol | undefined;
}

/** Rows by their keys, as far as they are known. */
export type PageSlots<Row> = Map<string, PageSlot<Row>>;

/** A page of events, decoded: the n-th event belongs to the n-th slot. */
export interface DecodedPage<Event extends EventShape, Row = unknown> {
  readonly events: readonly Recorded<Event>[];
  readonly slots: readonly PageSlot<Row>[];
  /** The rows that were not known: to be looked up before the page is reduced. */
  readonly missing: readonly PageSlot<Row>[];
  readonly stopped?: ProjectionStopped;
}

/**
 * Decodes the events of a page, up to the first that can't be decoded. `known` holds the rows that nobody else can have
 * changed since an earlier page was reduced; the page's own are added to it.
 */
export function decodePage<Event extends EventShape, Row>(
  projection: Projection<Event, Row>,
  page: readonly RecordedEvent[],
  known: PageSlots<Row> = new Map(),
): DecodedPage<Event, Row> {
  const events: Recorded<Event>[] = [];
  const slots: PageSlot<Row>[] = [];
  const missing: PageSlot<Row>[] = [];
  for (const stored of page) {
    try {
      const event = projection.events.decode(stored);
      const key = projection.key(stored.streamId);
      let slot = known.get(key);
      if (slot === undefined) {
        slot = { key, row: undefined, changedBy: undefined };
        known.set(key, slot);
        missing.push(slot);
      }
      slots.push(slot);
      events.push(event);
    } catch (cause) {
      return { events, slots, missing, stopped: stoppedAt(projection, stored, cause) };
    }
  }
  return { events, slots, missing };
}

/** The keys whose rows have to be looked up before the page is reduced. */
export function missingKeys(page: { readonly missing: readonly { readonly key: string }[] }): readonly string[] {
  return page.missing.map(({ key }) => key);
}

/** What a page changed: the slots themselves, each once for as long as the token is the same. */
export interface FoldedPage<Row> extends Omit<ReducedPage<Row>, 'rows'> {
  readonly changed: readonly PageSlot<Row>[];
}

/**
 * Folds a decoded page into its slots, up to the first event the reducer throws at. `before` holds those of the missing
 * rows that exist. A slot is named as changed when it was not marked with the token before: a token that is kept over
 * many pages collects what they change together. No look-up an event: a rebuild spends its time here.
 */
export function foldPage<Event extends EventShape, Row>(
  projection: Projection<Event, Row>,
  page: DecodedPage<Event, Row>,
  { before, token }: { readonly before: ReadonlyMap<string, Row>; readonly token: symbol },
): FoldedPage<Row> {
  for (const slot of page.missing) slot.row = before.get(slot.key);
  const changed: PageSlot<Row>[] = [];
  let position: Position | undefined;
  let { stopped } = page;
  for (let index = 0; index < page.events.length; index++) {
    const [event, slot] = [page.events[index], page.slots[index]];
    if (event === undefined || slot === undefined) break;
    try {
      slot.row = projection.reduce(slot.row, event);
      const snapshot = snapshotOf(projection, slot.row, event);
      if (snapshot !== undefined) changed.push({ ...snapshot, changedBy: token });
    } catch (cause) {
      stopped = stoppedAt(projection, event, cause);
      break;
    }
    if (slot.changedBy !== token) {
      slot.changedBy = token;
      changed.push(slot);
    }
    position = event.position;
  }
  return stopped === undefined ? { changed, position } : { changed, position, stopped };
}

/** Folds a page on its own: the new rows under their keys. */
export function reducePage<Event extends EventShape, Row>(
  projection: Projection<Event, Row>,
  page: DecodedPage<Event, Row>,
  before: ReadonlyMap<string, Row>,
): ReducedPage<Row> {
  const { changed, ...folded } = foldPage(projection, page, { before, token: Symbol('page') });
  return { ...folded, rows: rowsOf(changed) };
}

/**
 * Reduces a page over rows that can be looked up at once, up to the first event that can't be decoded or reduced. For the
 * short pages of appends: nothing is collected on the way.
 */
export function reduceAtOnce<Event extends EventShape, Row>(
  projection: Projection<Event, Row>,
  page: readonly RecordedEvent[],
  lookUp: (key: string) => Row | undefined,
): ReducedPage<Row> {
  const rows = new Map<string, Row | undefined>();
  let position: Position | undefined;
  for (const stored of page) {
    try {
      const event = projection.events.decode(stored);
      const key = projection.key(stored.streamId);
      const row = projection.reduce(rows.has(key) ? rows.get(key) : lookUp(key), event);
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

/** The rows of slots under their keys. */
export function rowsOf<Row>(slots: readonly PageSlot<Row>[]): Map<string, Row | undefined> {
  return new Map(slots.map(({ key, row }) => [key, row]));
}

function stoppedAt(
  projection: { readonly name: string },
  event: Pick<RecordedEvent, 'streamId' | 'revision' | 'type' | 'schemaVersion' | 'position'>,
  cause: unknown,
): ProjectionStopped {
  return new ProjectionStopped({ ...placeOf(event), projection: projection.name, position: event.position }, cause);
}
