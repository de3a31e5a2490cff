import { Projector, type Store } from '@login-policy/event-sourcing';
import { demandSame } from '../../demand.js';
import { counterTotals } from '../../samples/counter.js';
import { sequentialIds } from '../../sequential-ids.js';
import { rowUnder } from '../../row-under.js';
import type { Theme } from '../contract.js';
import type { InlineUnderTest } from '../inline-projection-contract.js';
import { APPLES, CounterWriter, demandFolded, PEARS, picky, WEATHER } from './counters.js';

/** What is promised of a projection that comes to a log with events in it. */
export const catchingUp: Theme<InlineUnderTest> = {
  title: 'a store opened with inline projections',
  deadlineMs: 60_000,
  promises: {
    'has their rows of all events that are there already': catchesUp,
    'goes on where they were': goesOn,
    'catches up what was written while they were not inline': catchesUpBetween,
    'has the rows that a rebuild gives': agreesWithRebuild,
  },
};

async function catchesUp({ open }: InlineUnderTest): Promise<void> {
  const { store, reopen } = await open([]);
  await writeSome(new CounterWriter(store));
  const reopened = await reopen([counterTotals, picky]);
  await demandFolded(reopened, counterTotals);
  await demandFolded(reopened, picky);
  await demandTotal(reopened, 9);
  await new CounterWriter(reopened, idsAfter(100)).write(APPLES, 1);
  await demandFolded(reopened, counterTotals);
  await demandTotal(reopened, 10);
}

async function goesOn({ open }: InlineUnderTest): Promise<void> {
  const { store, reopen } = await open([counterTotals]);
  await writeSome(new CounterWriter(store));
  const reopened = await reopen([counterTotals]);
  await demandFolded(reopened, counterTotals);
  await new CounterWriter(reopened, idsAfter(100)).write(APPLES, 1);
  await demandFolded(reopened, counterTotals);
  await demandTotal(reopened, 10);
}

async function catchesUpBetween({ open }: InlineUnderTest): Promise<void> {
  const { store, reopen } = await open([counterTotals]);
  await writeSome(new CounterWriter(store));
  const without = await reopen([]);
  await new CounterWriter(without, idsAfter(100)).write(APPLES, 5, 6);
  const again = await reopen([counterTotals]);
  await demandTotal(again, 20);
  await demandFolded(again, counterTotals);
}

async function agreesWithRebuild({ open }: InlineUnderTest): Promise<void> {
  const { store } = await open([counterTotals]);
  const writer = new CounterWriter(store);
  await writeSome(writer);
  const model = await store.readModels.open(counterTotals);
  const before = (await model.read([APPLES, PEARS, WEATHER])).rows;
  await new Projector({ ...store, projection: counterTotals }).rebuild();
  demandSame({ what: 'rows', actual: (await model.read([APPLES, PEARS, WEATHER])).rows, expected: before });
  await demandFolded(store, counterTotals);
  await writer.write(APPLES, 1);
  await demandFolded(store, counterTotals);
  await demandTotal(store, 10);
}

/** Leaves nine apples and no pears. */
async function writeSome(writer: CounterWriter): Promise<void> {
  await writer.write(APPLES, 1, 2);
  await writer.write(WEATHER, 20);
  await writer.write(PEARS, 4);
  await writer.write(APPLES, 6);
  await writer.write(PEARS, 'remove');
}

/** Ids that do not come again, behind so many others. */
function idsAfter(count: number): ReturnType<typeof sequentialIds> {
  const nextId = sequentialIds();
  for (let given = 0; given < count; given++) nextId();
  return nextId;
}

async function demandTotal({ readModels }: Store, expected: number): Promise<void> {
  const model = await readModels.open(counterTotals);
  demandSame({ what: 'apples', actual: (await rowUnder(model, APPLES))?.total, expected });
}
