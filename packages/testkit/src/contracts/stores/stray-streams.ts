import {
  ProjectionRunner,
  START,
  streamId,
  type Json,
  type Projection,
  type Store,
  type StreamId,
} from '@login-policy/event-sourcing';
import { demandSame, fail } from '../../demand.js';
import { COUNTER_CATEGORY, counterTotals, PARITY, type CounterEvent, type CounterRow } from '../../samples/counter.js';
import { sequentialIds } from '../../sequential-ids.js';
import type { Suite } from '../contract.js';
import type { StoreUnderTest } from './store-under-test.js';
import { APPLES, CounterWriter, PEARS } from './counters.js';

const PATIENT = { waitMs: 30_000 };

/** Names that are not a single word. */
const STRAY: readonly StreamId[] = ['old-apples', 'apples/', '%zz', 'apples and pears', 'apples\0'].map((key) =>
  streamId(COUNTER_CATEGORY, key),
);

/** Throws for a stray stream. Every function of the projection calls it, so none may be called for such a stream. */
function refuse(id: StreamId): void {
  if (!isWord(id)) throw new RangeError(`${id} is not the stream of a counter`);
}

function isWord(id: StreamId): boolean {
  return /^Counter-\w+$/.test(id);
}

/** The projection of counters whose names are words. */
const namedCounters: Projection<CounterEvent, CounterRow> = {
  ...counterTotals,
  name: 'named-counters',
  covers: isWord,
  indexUnreadable(id) {
    refuse(id);
    return { [PARITY]: 'unknown' };
  },
  reduce(row, event) {
    refuse(event.streamId);
    return counterTotals.reduce(row, event);
  },
};

/** A total that can't be encoded. */
const NOT_ENCODABLE = 13;
/** A total that can't be indexed. */
const NOT_INDEXABLE = 17;
/** Totals that are encoded as something that JSON does not have: nothing at all, a bigint, a date and a map. */
const NO_JSON: readonly (readonly [total: number, json: Json])[] = [
  [19, Reflect.get({}, 'absent')],
  [23, Object(23n)],
  [29, Object(new Date(0))],
  [31, Object(new Map())],
];

/** Counters whose text is not JSON at some totals, although its author believes so. */
const NO_JSON_TEXT = ['', '{"total":', '{}{}', '"\n"', '"\ud800"'];

const carelessTexts: Projection<CounterEvent, CounterRow> = {
  ...counterTotals,
  name: 'careless-texts',
  rows: {
    ...counterTotals.rows,
    text: (row) => NO_JSON_TEXT[row.total - 1] ?? JSON.stringify(counterTotals.rows.encode(row)),
  },
};

/** Counters whose rows can't be stored at some totals. */
const unstorableCounters: Projection<CounterEvent, CounterRow> = {
  ...counterTotals,
  name: 'unstorable-counters',
  rows: {
    encode(row) {
      if (row.total === NOT_ENCODABLE) throw new RangeError('thirteen cannot be encoded');
      const noJson = NO_JSON.find(([total]) => total === row.total);
      return noJson === undefined ? counterTotals.rows.encode(row) : noJson[1];
    },
    decode: (stored) => counterTotals.rows.decode(stored),
  },
  index(row) {
    if (row.total === NOT_INDEXABLE) throw new RangeError('seventeen cannot be indexed');
    return counterTotals.index?.(row) ?? {};
  },
};

/** One stream must not affect the rows of others. */
export const strayStreams: Suite<StoreUnderTest> = {
  title: 'a stream that its read model cannot hold',
  deadlineMs: 60_000,
  guarantees: {
    'with an unknown name is listed as stray, and the rows of other streams stay up to date': listsStrayStreams,
    'with an unknown name is projected by the rebuild that a program starts which knows the name':
      projectsNamesKnownLater,
    'whose row cannot be encoded or indexed is listed as unreadable, and no other stream is': marksUnstorableRows,
    'whose row has a text that is not JSON is listed as unreadable, and no append beside it fails': marksNoJsonTexts,
  },
};

async function listsStrayStreams({ open }: StoreUnderTest): Promise<void> {
  const { store, another, reopen } = await open();
  const nextId = sequentialIds();
  const runner = await ProjectionRunner.open({ store, projection: namedCounters });
  const other = await another();
  await new CounterWriter(store, nextId).write(APPLES, 1);
  for (const [index, stream] of STRAY.entries()) {
    const writer = new CounterWriter(index % 2 === 0 ? store : other, nextId);
    await writer.write(stream, 1, 2);
    await writer.write(stream, 'remove');
    // Unreadable events make no difference.
    const events = [{ ...writer.newEvent(1), type: 'NeverHeardOf' }];
    await store.eventStore.append({ streamId: stream, expected: 'any', events });
    await writer.write(PEARS, 1);
  }
  await demandOthersUnaffected(store, runner);
  await runner.rebuild();
  await demandOthersUnaffected(store, runner);
  await runner.close();
  const reopened = await reopen([]);
  const again = await ProjectionRunner.open({ store: reopened, projection: namedCounters });
  await demandOthersUnaffected(reopened, again);
  await again.close();
}

async function demandOthersUnaffected(store: Store, runner: ProjectionRunner<CounterEvent, CounterRow>): Promise<void> {
  const atLeast = await store.eventStore.head();
  const { rows, unreadable } = await runner.read([APPLES, PEARS], { ...PATIENT, atLeast });
  const totals = [APPLES, PEARS].map((key) => rows.get(key)?.total);
  demandSame({ what: 'totals', actual: totals, expected: [1, STRAY.length] });
  demandSame({ what: 'unreadable', actual: unreadable.size, expected: 0 });
  for (const [parity, expected] of [
    ['odd', [APPLES, PEARS]],
    ['even', []],
    ['unknown', []],
  ] as const) {
    const listed = await runner.keys({ index: PARITY, value: parity }, PATIENT);
    demandSame({ what: `${parity} counters`, actual: listed.rows, expected });
  }
  demandSame({ what: 'stray streams', actual: await strayStreamsOf(runner), expected: STRAY.toSorted() });
  demandSame({ what: 'state', actual: runner.state.is, expected: 'following' });
}

async function projectsNamesKnownLater({ open }: StoreUnderTest): Promise<void> {
  const { store, reopen } = await open();
  const runner = await ProjectionRunner.open({ store, projection: namedCounters });
  const writer = new CounterWriter(store);
  const [stray = fail('no stray stream')] = STRAY;
  await writer.write(stray, 1);
  const atLeast = (await writer.write(stray, 2)).at(-1)?.position;
  await runner.ready({ ...PATIENT, atLeast });
  demandSame({ what: 'stray streams', actual: await strayStreamsOf(runner), expected: [stray] });
  await runner.close();
  const projection = { ...counterTotals, name: namedCounters.name };
  const later = await ProjectionRunner.open({ store: await reopen([]), projection });
  // Rebuilds take turns, so this one ends after the one that the opening has started.
  await later.rebuild();
  const listed = await later.keys({ index: PARITY, value: 'odd' }, PATIENT);
  demandSame({ what: 'odd counters', actual: listed.rows, expected: [stray] });
  demandSame({ what: 'total', actual: (await later.read([stray], PATIENT)).rows.get(stray)?.total, expected: 3 });
  demandSame({ what: 'stray streams', actual: await strayStreamsOf(later), expected: [] });
  await later.close();
}

async function marksUnstorableRows({ open }: StoreUnderTest): Promise<void> {
  const { store, another, reopen } = await open();
  const runner = await ProjectionRunner.open({ store, projection: unstorableCounters });
  const nextId = sequentialIds();
  await new CounterWriter(store, nextId).write(APPLES, NOT_ENCODABLE);
  await new CounterWriter(await another(), nextId).write(PEARS, NOT_INDEXABLE);
  const others = NO_JSON.map(([total]) => ({ total, stream: streamId(COUNTER_CATEGORY, `no-${total}`) }));
  for (const { total, stream } of others) await new CounterWriter(store, nextId).write(stream, total);
  const unstorable = [APPLES, PEARS, ...others.map(({ stream }) => stream)];
  const third = streamId(COUNTER_CATEGORY, 'plums');
  const atLeast = (await new CounterWriter(store, nextId).write(third, 2)).at(-1)?.position;
  const demandMarked = async (by: ProjectionRunner<CounterEvent, CounterRow>): Promise<void> => {
    const { rows, unreadable } = await by.read([...unstorable, third], { ...PATIENT, atLeast });
    demandSame({ what: 'rows', actual: [...rows.keys()], expected: [third] });
    demandSame({ what: 'unreadable', actual: [...unreadable.keys()].toSorted(), expected: unstorable.toSorted() });
    demandSame({ what: 'state', actual: by.state.is, expected: 'following' });
  };
  await demandMarked(runner);
  await runner.rebuild();
  await demandMarked(runner);
  await runner.close();
  const again = await ProjectionRunner.open({ store: await reopen([]), projection: unstorableCounters });
  await demandMarked(again);
  await again.close();
}

async function marksNoJsonTexts({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open();
  const runner = await ProjectionRunner.open({ store, projection: carelessTexts });
  const nextId = sequentialIds();
  const totals = [0, 1, 2, 3, 4, 5, 6].map((total) => ({ total, stream: streamId(COUNTER_CATEGORY, `text-${total}`) }));
  const appends = totals.map(({ total, stream }) => new CounterWriter(store, nextId).write(stream, total));
  const atLeast = (await Promise.all(appends))
    .flat()
    .reduce((last, { position }) => (position > last ? position : last), START);
  const [unstorable, stored] = [totals.slice(1, 6), [totals[0], totals[6]]].map((list) =>
    list.map((one) => one?.stream),
  );
  for (let round = 0; round < 2; round++) {
    const { rows, unreadable } = await runner.read(
      totals.map(({ stream }) => stream),
      { ...PATIENT, atLeast },
    );
    demandSame({ what: 'rows', actual: [...rows.keys()], expected: stored });
    demandSame({ what: 'unreadable', actual: [...unreadable.keys()], expected: unstorable });
    await runner.rebuild();
  }
  await runner.close();
}

async function strayStreamsOf(runner: ProjectionRunner<CounterEvent, CounterRow>): Promise<readonly StreamId[]> {
  const { rows } = await runner.unreadable({ kind: 'stray-stream' }, PATIENT);
  return rows.map(({ row }) => row.facts.streamId);
}
