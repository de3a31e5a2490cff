import {
  type Position,
  type Projection,
  type RecordedEvent,
  reducePage,
  START,
  type Store,
  streamId,
  type StreamId,
} from '@login-policy/event-sourcing';
import { filterPredicate, type NewEvent } from '@login-policy/event-sourcing/store';
import { demandSame } from '../../demand.js';
import {
  COUNTER_CATEGORY,
  counterEvents,
  counterTotals,
  PARITY,
  type CounterEvent,
  type CounterRow,
} from '../../samples/counter.js';
import { sequentialIds } from '../../sequential-ids.js';
import { readAll } from '../event-store/reading.js';

/** A counter. */
export const APPLES: StreamId = streamId(COUNTER_CATEGORY, 'apples');

/** Another counter. */
export const PEARS: StreamId = streamId(COUNTER_CATEGORY, 'pears');

/** A stream outside the projection's categories. */
export const WEATHER: StreamId = streamId('Weather', 'today');

/** The count that {@link picky} fails at. */
export const BAD_LUCK = 13;

/** The projection of counters under another name, with a reducer that throws at a count of 13. */
export const picky: Projection<CounterEvent, CounterRow> = {
  ...counterTotals,
  name: 'picky-totals',
  reduce(row, event) {
    if (event.type === 'Counted' && event.data.by === BAD_LUCK) throw new Error('thirteen is bad luck');
    return counterTotals.reduce(row, event);
  },
};

/** Appends to a store: counts of these sizes, or `remove` to remove the counter. */
export class CounterWriter {
  readonly #store: Store;
  readonly #nextId: () => NewEvent['id'];

  constructor(store: Store, nextId: () => NewEvent['id'] = sequentialIds()) {
    this.#store = store;
    this.#nextId = nextId;
  }

  /** One append. */
  write(stream: StreamId, ...counts: readonly (number | 'remove')[]): Promise<readonly RecordedEvent[]> {
    const events = counts.map((by) => this.newEvent(by));
    return this.#store.eventStore.append({ streamId: stream, expected: 'any', events });
  }

  /** A new event. */
  newEvent(by: number | 'remove'): NewEvent {
    const event: CounterEvent =
      by === 'remove' ? { type: 'CounterRemoved', data: { at: 0 } } : { type: 'Counted', data: { by } };
    const metadata = { actor: 'tester', correlationId: 'contract' };
    return { ...counterEvents.encode(event), id: this.#nextId(), metadata };
  }
}

/** Checks that rows, indexes and checkpoint equal a new fold of the whole log. @throws AssertionError */
export async function demandRowsMatchLog(
  store: Store,
  projection: Projection<CounterEvent, CounterRow>,
): Promise<void> {
  const log = await readAll(store.eventStore);
  const wanted = log.filter(filterPredicate(projection.filter));
  const { rows, stopped } = reducePage(projection, wanted, () => undefined);
  if (stopped !== undefined) throw stopped;
  const model = await store.readModels.open(projection);
  const found = (await model.read([...rows.keys()])).rows;
  for (const [key, kept] of rows) demandSame({ what: `row ${key}`, actual: found.get(key), expected: kept?.row });
  for (const parity of ['even', 'odd']) {
    const actual = (await model.query({ index: PARITY, value: parity, limit: 10_000 })).rows;
    const isOfParity = (row: CounterRow | undefined): boolean =>
      row !== undefined && projection.index?.(row)[PARITY] === parity;
    const expected = [...rows].filter(([, kept]) => isOfParity(kept?.row)).map(([key]) => key);
    demandSame({ what: `${parity} keys`, actual: actual.map(({ key }) => key), expected: expected.toSorted() });
  }
  const last: Position = log.at(-1)?.position ?? START;
  demandSame({ what: 'checkpoint', actual: (await model.checkpoint()) ?? START, expected: last });
}
