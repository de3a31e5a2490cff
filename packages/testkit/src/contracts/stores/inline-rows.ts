import { START, streamId } from '@login-policy/event-sourcing';
import { demandSame, fail } from '../../demand.js';
import { counterTotals } from '../../samples/counter.js';
import { rowUnder } from '../../row-under.js';
import type { Suite } from '../contract.js';
import type { StoreUnderTest } from './store-under-test.js';
import { awaitedLater, yieldToLoop, within } from '../waiting.js';
import { refusal } from '../refusals.js';
import { APPLES, CounterWriter, demandRowsMatchLog, PEARS, picky, WEATHER } from './counters.js';

/** Rows that change inside an append. */
export const inlineRows: Suite<StoreUnderTest> = {
  title: 'an append with opened read models',
  deadlineMs: 60_000,
  guarantees: {
    'changes rows, indexes and checkpoint before it returns': changesRows,
    'moves the checkpoint past events that the filter excludes': movesCheckpoint,
    'changes the rows of several projections together': changesSeveralProjections,
    'that is refused changes no row': changesNothing,
    'becomes visible together with its rows': becomesVisibleWithRows,
    'gives correct rows when 32 run concurrently on one stream': (subject) => givesCorrectRows(subject, 1),
    'gives correct rows when 32 run concurrently on 32 streams': (subject) => givesCorrectRows(subject, 32),
    'wakes the callers that wait for the read model': wakesWaitingCallers,
  },
};

async function changesRows({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open([counterTotals]);
  const writer = new CounterWriter(store);
  const model = await store.readModels.open(counterTotals);
  const [one, two] = await writer.write(APPLES, 1, 2);
  const row = { total: 3, revision: two?.revision ?? 0n, countedAt: one?.recordedAt ?? 0 };
  demandSame({ what: 'row', actual: await rowUnder(model, APPLES), expected: row });
  await demandRowsMatchLog(store, counterTotals);
  await writer.write(PEARS, 4);
  await writer.write(APPLES, 3);
  await demandRowsMatchLog(store, counterTotals);
  await writer.write(PEARS, 'remove');
  demandSame({ what: 'removed row', actual: await rowUnder(model, PEARS), expected: undefined });
  await writer.write(APPLES, 'remove', 5);
  demandSame({ what: 'total', actual: (await rowUnder(model, APPLES))?.total, expected: 5 });
  await demandRowsMatchLog(store, counterTotals);
}

async function movesCheckpoint({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open([counterTotals]);
  const writer = new CounterWriter(store);
  await writer.write(APPLES, 1);
  const excluded = await writer.write(WEATHER, 20, 21);
  const model = await store.readModels.open(counterTotals);
  const last = excluded.at(-1)?.position ?? START;
  demandSame({ what: 'checkpoint', actual: await model.checkpoint(), expected: last });
  demandSame({ what: 'row', actual: await rowUnder(model, WEATHER), expected: undefined });
  demandSame({ what: 'total', actual: (await rowUnder(model, APPLES))?.total, expected: 1 });
}

async function changesSeveralProjections({ open }: StoreUnderTest): Promise<void> {
  const next = { ...counterTotals, version: 2, index: () => ({}) };
  const { store } = await open([counterTotals, picky, next]);
  const writer = new CounterWriter(store);
  await writer.write(APPLES, 1, 2);
  await writer.write(PEARS, 3);
  await demandRowsMatchLog(store, counterTotals);
  await demandRowsMatchLog(store, picky);
  demandSame({
    what: 'total',
    actual: (await rowUnder(await store.readModels.open(next), APPLES))?.total,
    expected: 3,
  });
}

async function changesNothing({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open([counterTotals]);
  const writer = new CounterWriter(store);
  await writer.write(APPLES, 1);
  const events = [writer.newEvent(2)];
  const call = store.eventStore.append({ streamId: APPLES, expected: 'no-stream', events });
  await refusal(call, 'revision-conflict');
  const model = await store.readModels.open(counterTotals);
  demandSame({ what: 'total', actual: (await rowUnder(model, APPLES))?.total, expected: 1 });
  await demandRowsMatchLog(store, counterTotals);
}

async function becomesVisibleWithRows({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open([counterTotals]);
  const writer = new CounterWriter(store);
  const model = await store.readModels.open(counterTotals);
  const writing = { isDone: false };
  const write = async (): Promise<void> => {
    for (let round = 0; round < 40; round++) await writer.write(APPLES, 1, 1, 1);
  };
  const read = async (): Promise<void> => {
    while (!writing.isDone) {
      const before = await store.eventStore.head();
      const total = (await rowUnder(model, APPLES))?.total ?? 0;
      const checkpoint = (await model.checkpoint()) ?? START;
      if (total % 3 !== 0) fail(`a total of ${total} was seen while three at a time were counted`);
      if (checkpoint < before) fail(`an event at ${before} was seen and its checkpoint was still ${checkpoint}`);
      await yieldToLoop();
    }
  };
  const writes = write().finally(() => {
    writing.isDone = true;
  });
  await Promise.all([writes, read()]);
  demandSame({ what: 'total', actual: (await rowUnder(model, APPLES))?.total, expected: 120 });
}

async function givesCorrectRows({ open }: StoreUnderTest, streams: number): Promise<void> {
  const { store } = await open([counterTotals, picky]);
  const writer = new CounterWriter(store);
  const write = async (index: number): Promise<void> => {
    const stream = streamId('Counter', String(index % streams));
    for (const by of [1, 2, 3]) await writer.write(stream, by, index);
  };
  const others = [1, 2, 3].map((by) => writer.write(WEATHER, by));
  const sizes = Array.from({ length: 32 }, (_, index) => (index < 13 ? index : index + 1));
  await Promise.all([...sizes.map((index) => write(index)), ...others]);
  await demandRowsMatchLog(store, counterTotals);
  await demandRowsMatchLog(store, picky);
  const model = await store.readModels.open(counterTotals);
  const keys = Array.from({ length: 33 }, (_, index) => streamId('Counter', String(index)));
  const totals = [...(await model.read(keys)).rows.values()].map((row) => row.total);
  const expected = sizes.reduce((sum, index) => sum + 6 + 3 * index, 0);
  demandSame({ what: 'sum of totals', actual: totals.reduce((sum, total) => sum + total, 0), expected });
}

async function wakesWaitingCallers({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open([counterTotals]);
  const writer = new CounterWriter(store);
  const model = await store.readModels.open(counterTotals);
  for (let round = 1; round <= 5; round++) {
    const waiting = awaitedLater(model.changed(new AbortController().signal));
    await writer.write(APPLES, 1);
    await within('the wait for the rows', waiting);
    demandSame({ what: 'total', actual: (await rowUnder(model, APPLES))?.total, expected: round });
  }
}
