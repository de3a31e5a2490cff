import {
  toJsonObject,
  type EventCodec,
  type Json,
  type Projection,
  type RecordedEvent,
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

/** The number that removes a row of {@link byStream}. */
const REMOVING = 7;

/** Passes any event on as a number. */
export const countedEvents: EventCodec<Counted> = {
  encode: ({ type, data }) => ({ type, schemaVersion: 1, data: toJsonObject(data) }),
  decode: (event) => ({ ...event, type: 'Counted', data: { by: Number(event.data['by']) } }),
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

/** The read models of the proof. */
export const PROJECTIONS: readonly Projection<Counted, CountRow>[] = [byStream, shared];

/** The rows that these events give, by key: what each read model must hold. */
export function foldOf(
  projection: Projection<Counted, CountRow>,
  events: readonly RecordedEvent[],
): Map<string, CountRow> {
  const folded = new Map<string, CountRow>();
  for (const event of events) {
    if (!isCovered(projection, event)) continue;
    const key = keyOf(projection, event);
    const row = projection.reduce(folded.get(key), countedEvents.decode(event));
    if (row === undefined) folded.delete(key);
    else folded.set(key, row);
  }
  return folded;
}

/** The key of the row that an event belongs to. */
export function keyOf(projection: Projection<Counted, CountRow>, { streamId }: RecordedEvent): string {
  return projection.key === undefined ? streamId : projection.key(streamId);
}

/** Whether two sets of rows are equal. */
export function areEqual(one: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>): boolean {
  return textOf(one) === textOf(other);
}

/** Rows as text, for comparing and for messages. */
export function textOf(all: ReadonlyMap<string, unknown>): string {
  return JSON.stringify([...all].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function isCovered({ filter }: Projection<Counted, CountRow>, { streamId }: RecordedEvent): boolean {
  return filter.categories?.some((category) => streamId.startsWith(`${category}-`)) ?? true;
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
