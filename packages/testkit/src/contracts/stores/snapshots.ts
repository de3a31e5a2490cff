import { ProjectionRunner, type Projection } from '@login-policy/event-sourcing';
import { demandSame, fail } from '../../demand.js';
import { rowUnder } from '../../row-under.js';
import { counterTotals, type CounterEvent, type CounterRow } from '../../samples/counter.js';
import { sequentialIds } from '../../sequential-ids.js';
import type { Suite } from '../contract.js';
import type { StoreUnderTest } from './store-under-test.js';
import { APPLES, CounterWriter, demandRowsMatchLog, PEARS } from './counters.js';

const PATIENT = { waitMs: 30_000 };

/** The projection of counters, with a snapshot at every third event of a stream. */
const withSnapshots: Projection<CounterEvent, CounterRow> = {
  ...counterTotals,
  name: 'counters-with-snapshots',
  snapshot: (row, { revision, streamId }) =>
    (revision + 1n) % 3n === 0n ? { key: `${revision}@${streamId}`, row } : undefined,
};

/** The same, under one entry that stays and one that changes: its last digit. */
const underTwoEntries: Projection<CounterEvent, CounterRow> = {
  ...withSnapshots,
  name: 'counters-under-two-entries',
  index: ({ total }) => ({ all: 'counters', digit: String(total % 10) }),
};

/** Snapshots of rows. */
export const snapshots: Suite<StoreUnderTest> = {
  title: 'a projection that keeps snapshots of its rows',
  deadlineMs: 60_000,
  guarantees: {
    'has snapshots from its own and other processes’ appends and from a rebuild, and keeps them when the row is removed':
      keepsSnapshots,
    'keeps unchanged index entries when an append changes another entry and makes a snapshot': keepsEntries,
  },
};

async function keepsSnapshots({ open }: StoreUnderTest): Promise<void> {
  const { store, another } = await open();
  const runner = await ProjectionRunner.open({ store, projection: withSnapshots });
  const nextId = sequentialIds();
  const writer = new CounterWriter(store, nextId);
  await writer.write(APPLES, 1, 2);
  await writer.write(APPLES, 3, 4);
  await writer.write(PEARS, 5);
  await new CounterWriter(await another(), nextId).write(APPLES, 6, 7);
  const atLeast = (await writer.write(APPLES, 'remove')).at(-1)?.position ?? fail('nothing was recorded');
  const demandSnapshots = async (): Promise<void> => {
    await runner.ready({ ...PATIENT, atLeast });
    const [row, third, sixth] = [APPLES, `2@${APPLES}`, `5@${APPLES}`];
    const model = await store.readModels.open(withSnapshots);
    const totals = [];
    for (const key of [row, third, sixth]) totals.push((await rowUnder(model, key))?.total);
    demandSame({ what: 'totals now, after three and after six', actual: totals, expected: [undefined, 6, 23] });
    await demandRowsMatchLog(store, withSnapshots);
  };
  await demandSnapshots();
  await runner.rebuild();
  await demandSnapshots();
  await runner.close();
}

async function keepsEntries({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open();
  const runner = await ProjectionRunner.open({ store, projection: underTwoEntries });
  const writer = new CounterWriter(store);
  for (const count of [1, 1, 1]) await writer.write(APPLES, count);
  const atLeast = (await writer.write(APPLES, 1)).at(-1)?.position ?? fail('nothing was recorded');
  await runner.ready({ ...PATIENT, atLeast });
  const model = await store.readModels.open(underTwoEntries);
  const listed = async (index: string, value: string): Promise<readonly string[]> =>
    (await model.keys({ index, value })).rows;
  const snapshot = `2@${APPLES}`;
  demandSame({ what: 'all', actual: await listed('all', 'counters'), expected: [snapshot, APPLES] });
  demandSame({ what: 'at three', actual: await listed('digit', '3'), expected: [snapshot] });
  demandSame({ what: 'at four', actual: await listed('digit', '4'), expected: [APPLES] });
  await runner.close();
}
