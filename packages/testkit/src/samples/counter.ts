import {
  accept,
  type Decider,
  eventCodec,
  type EventCodec,
  type EventSchema,
  type Instant,
  instantToIso,
  type Json,
  type JsonObject,
  parseInstant,
  type Projection,
  reject,
} from '@login-policy/event-sourcing';

/** Something was counted. */
export interface Counted {
  readonly type: 'Counted';
  readonly data: { readonly by: number };
}

/** The counter was removed; counting it again starts over. */
export interface CounterRemoved {
  readonly type: 'CounterRemoved';
  readonly data: { readonly at: number };
}

/** All events of a counter: the smallest set to test events, decisions and rows with. */
export type CounterEvent = Counted | CounterRemoved;

/** The commands of a counter. */
export type CounterCommand =
  { readonly type: 'Count'; readonly data: { readonly by: number } } | { readonly type: 'Remove' };

/** The refusals of a counter. */
export type CounterRejection =
  { readonly reason: 'nothing-counted' } | { readonly reason: 'not-positive'; readonly by: number };

/** The state of a counter; `undefined` before the first count. */
export type CounterState = { readonly total: number } | undefined;

/** A minimal decider, to test the code around deciders. */
export const counter: Decider<CounterCommand, CounterEvent, CounterState, CounterRejection> = {
  initial: undefined,
  evolve(state, event) {
    switch (event.type) {
      case 'Counted':
        return { total: (state?.total ?? 0) + event.data.by };
      case 'CounterRemoved':
        return undefined;
    }
  },
  decide(command, state) {
    switch (command.type) {
      case 'Count':
        if (!(command.data.by > 0)) return reject({ reason: 'not-positive', by: command.data.by });
        return accept({ type: 'Counted', data: { by: command.data.by } });
      case 'Remove':
        if (state === undefined) return reject({ reason: 'nothing-counted' });
        return accept({ type: 'CounterRemoved', data: { at: state.total } });
    }
  },
};

/** The codec of a counter's events. */
export const counterEvents: EventCodec<CounterEvent> = eventCodec<CounterEvent>({
  Counted: numberUnder('by', (by) => ({ by })),
  CounterRemoved: numberUnder('at', (at) => ({ at })),
});

/** The row of one counter. */
export interface CounterRow {
  readonly total: number;
  /** The last event reduced. */
  readonly revision: bigint;
  readonly countedAt: Instant;
}

/** The category of a counter's streams. */
export const COUNTER_CATEGORY = 'Counter';

/** The index by parity of the total. */
export const PARITY = 'parity';

/** All counters, under the names of their streams, with an index by parity. */
export const counterTotals: Projection<CounterEvent, CounterRow> = {
  name: 'counter-totals',
  version: 1,
  filter: { categories: [COUNTER_CATEGORY] },
  events: counterEvents,
  rows: { encode: encodeRow, decode: decodeRow },
  index: (row: CounterRow) => ({ [PARITY]: row.total % 2 === 0 ? 'even' : 'odd' }),
  reduce(row, event) {
    if (event.type === 'CounterRemoved') return undefined;
    const total = (row?.total ?? 0) + event.data.by;
    return { total, revision: event.revision, countedAt: event.recordedAt };
  },
};

/** The same rows, by a reducer that throws when an event is missing or repeated. */
export const countersInOrder: Projection<CounterEvent, CounterRow> = {
  ...counterTotals,
  name: 'counters-in-order',
  reduce(row, event) {
    const next = row === undefined ? 0n : row.revision + 1n;
    if (event.revision !== next) throw new Error(`expected revision ${next}, got ${event.revision}`);
    return counterTotals.reduce(row, event);
  },
};

function numberUnder<Data extends object>(
  field: string & keyof Data,
  make: (value: number) => Data,
): EventSchema<Data> {
  const check = (value: unknown): number => {
    if (typeof value === 'number') return value;
    throw new TypeError(`${field} must be a number, not ${typeof value}`);
  };
  return {
    upcasters: [],
    write: (data): JsonObject => ({ [field]: check(data[field]) }),
    read: (data) => make(check(data[field])),
  };
}

function encodeRow({ total, revision, countedAt }: CounterRow): Json {
  return { total, revision: String(revision), countedAt: instantToIso(countedAt) };
}

function decodeRow(stored: Json): CounterRow {
  if (typeof stored !== 'object' || stored === null || !('total' in stored))
    throw new TypeError('not a row of a counter');
  const { total, revision, countedAt } = stored;
  if (typeof total !== 'number' || typeof revision !== 'string' || typeof countedAt !== 'string') {
    throw new TypeError('the row of a counter must have a total, a revision and an instant');
  }
  return { total, revision: BigInt(revision), countedAt: parseInstant(countedAt) };
}
