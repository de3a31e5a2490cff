import {
  type EventCodec,
  Fault,
  type Json,
  type Projection,
  type RecordedEvent,
  toJsonObject,
} from '@login-policy/event-sourcing';

/** A number that was counted. */
export interface Counted {
  readonly type: 'Counted';
  readonly data: { readonly by: number };
}

/** A row: a value that depends on the order of its events. */
export interface CountRow {
  readonly value: number;
}

/** The categories of the streams. */
export const CATEGORIES = ['tally', 'other'] as const;

/** The rows of a read model by key, in no particular order. */
export type Rows = ReadonlyMap<string, CountRow | 'unreadable'>;

/** The number that removes a row of {@link byStream}. */
const REMOVING = 7;
/** The number that no program can read. */
export const DAMAGED = 8;
/** The number that {@link brittle} can't reduce. */
export const POISON = 9;

/** Passes any event on as a number, but for damaged ones. */
export const countedEvents: EventCodec<Counted> = {
  encode: ({ type, data }) => ({ type, schemaVersion: 1, data: toJsonObject(data) }),
  decode(event) {
    const by = Number(event.data['by']);
    if (by === DAMAGED) throw new Fault('unreadable-event', { ...event, problem: 'it is damaged' });
    return { ...event, type: 'Counted', data: { by } };
  },
};

const rows = { encode: ({ value }: CountRow): Json => ({ value }), decode: rowFrom };

/** A row for each stream of one category; some events remove it. */
export const byStream: Projection<Counted, CountRow> = {
  name: 'by-stream',
  version: 1,
  filter: { categories: ['tally'] },
  events: countedEvents,
  rows,
  index: ({ value }) => ({ all: 'one', rest: String(value % 3) }),
  indexUnreadable: () => ({ all: 'one' }),
  reduce: (row, event) => (event.data.by === REMOVING ? undefined : next(row, event.data.by)),
};

/** A row that several streams of both categories share. */
export const shared: Projection<Counted, CountRow> = {
  ...byStream,
  name: 'shared',
  filter: { categories: CATEGORIES },
  index: () => ({ all: 'one' }),
  key: (streamId) => streamId.slice(0, -1),
  reduce: (row, event) => next(row, event.data.by),
};

/** The next version of {@link byStream}, whose rows differ. */
const nextVersion: Projection<Counted, CountRow> = {
  ...byStream,
  version: 2,
  reduce: (row, event) => next(row, event.data.by + 1),
};

/** Stops at an event. */
export const brittle: Projection<Counted, CountRow> = {
  ...byStream,
  name: 'brittle',
  reduce(row, event) {
    if (event.data.by === POISON) throw new Error('this number is not reduced');
    return next(row, event.data.by);
  },
};

/** The read models of the proof. */
export const PROJECTIONS: readonly Projection<Counted, CountRow>[] = [byStream, shared, nextVersion, brittle];

/** The rows that these events give, by key: what each read model must hold. */
export function foldOf(projection: Projection<Counted, CountRow>, events: readonly RecordedEvent[]): Rows {
  const folded = new Map<string, CountRow | 'unreadable'>();
  for (const event of events) {
    if (!isCovered(projection, event)) continue;
    const key = keyOf(projection, event);
    const row = rowAfter(projection, folded.get(key), event);
    if (row === undefined) folded.delete(key);
    else folded.set(key, row);
  }
  return folded;
}

/** From the first event that can't be read, a row is unreadable. */
function rowAfter(
  projection: Projection<Counted, CountRow>,
  row: CountRow | 'unreadable' | undefined,
  event: RecordedEvent,
): CountRow | 'unreadable' | undefined {
  if (row === 'unreadable' || event.data['by'] === DAMAGED) return 'unreadable';
  return projection.reduce(row, countedEvents.decode(event));
}

/** Whether a stored row is a placeholder. */
export function isUnreadable(stored: Json): boolean {
  return typeof stored === 'object' && stored !== null && '$unreadable' in stored;
}

/** The key of the row that an event belongs to. */
export function keyOf(projection: Projection<Counted, CountRow>, { streamId }: RecordedEvent): string {
  return projection.key === undefined ? streamId : projection.key(streamId);
}

/** Whether two sets of rows are equal. */
export function areEqual(one: Rows, other: Rows): boolean {
  return textOf(one) === textOf(other);
}

/** Rows as text, for comparing and for messages. */
export function textOf(all: Rows): string {
  return JSON.stringify([...all].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function isCovered({ filter }: Projection<Counted, CountRow>, { streamId }: RecordedEvent): boolean {
  return filter.categories.some((category) => streamId.startsWith(`${category}-`));
}

/** Depends on the order of the numbers, so that events in another order give another row. */
function next(row: CountRow | undefined, by: number): CountRow {
  return { value: (((row?.value ?? 0) * 31) % 1_000_003) + by };
}

function rowFrom(stored: Json): CountRow {
  const value =
    typeof stored === 'object' && stored !== null && 'value' in stored ? Number(stored['value']) : Number.NaN;
  if (Number.isNaN(value)) throw new Error('a row has a value');
  return { value };
}
