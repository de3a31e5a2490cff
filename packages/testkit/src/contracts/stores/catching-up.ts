import { position, type Projection, ProjectionRunner, START, type Store } from '@login-policy/event-sourcing';
import { demandSame, fail } from '../../demand.js';
import { counterTotals, PARITY, type CounterEvent, type CounterRow } from '../../samples/counter.js';
import { sequentialIds } from '../../sequential-ids.js';
import { rowUnder } from '../../row-under.js';
import type { Suite } from '../contract.js';
import { hasSucceeded, outcomeOf, refusal } from '../refusals.js';
import { yieldToLoop } from '../waiting.js';
import type { StoreUnderTest } from './store-under-test.js';
import { APPLES, CounterWriter, demandRowsMatchLog, PEARS, picky, WEATHER } from './counters.js';

/** More events than a runner reduces in one step while writers wait. */
const FAR_BEHIND = 1000;

/** A read model that is opened on a log with events. */
export const catchingUp: Suite<StoreUnderTest> = {
  title: 'a read model that is opened behind the head',
  deadlineMs: 60_000,
  guarantees: {
    'contains all existing events before its first read': catchesUpFromEmpty,
    'continues from its checkpoint': continues,
    'contains the events that were written while no process maintained it, before its first read':
      catchesUpFromCheckpoint,
    'says in every answer where the head is, and that it is behind': saysThatItIsBehind,
    'is left behind by appends until it is at the head, and is written by them from then on': isLeftBehind,
    'is brought to the head beside a writer that never pauses': catchesUpBesideWriter,
    'has the same rows as a rebuild': agreesWithRebuild,
    'takes no step and no rebuild that is based on an event that the log lacks': refusesLostEvents,
  },
};

async function catchesUpFromEmpty({ open }: StoreUnderTest): Promise<void> {
  const { store, reopen } = await open();
  await writeSome(new CounterWriter(store));
  const reopened = await reopen([]);
  for (const projection of [counterTotals, picky]) {
    await bringToHead(reopened, projection);
    await demandRowsMatchLog(reopened, projection);
  }
  await demandTotal(reopened, 9);
  await new CounterWriter(reopened, idsAfter(100)).write(APPLES, 1);
  await demandRowsMatchLog(reopened, counterTotals);
  await demandTotal(reopened, 10);
}

async function continues({ open }: StoreUnderTest): Promise<void> {
  const { store, reopen } = await open([counterTotals]);
  await writeSome(new CounterWriter(store));
  const reopened = await reopen([counterTotals]);
  await bringToHead(reopened, counterTotals);
  await demandRowsMatchLog(reopened, counterTotals);
  await new CounterWriter(reopened, idsAfter(100)).write(APPLES, 1);
  await demandRowsMatchLog(reopened, counterTotals);
  await demandTotal(reopened, 10);
}

async function catchesUpFromCheckpoint({ open }: StoreUnderTest): Promise<void> {
  const { store, reopen } = await open([counterTotals]);
  await writeSome(new CounterWriter(store));
  const withoutModel = await reopen([]);
  await new CounterWriter(withoutModel, idsAfter(100)).write(APPLES, 5, 6);
  const again = await reopen([]);
  await bringToHead(again, counterTotals);
  await demandTotal(again, 20);
  await demandRowsMatchLog(again, counterTotals);
}

async function saysThatItIsBehind({ open }: StoreUnderTest): Promise<void> {
  const { store, reopen } = await open([counterTotals]);
  await writeSome(new CounterWriter(store));
  await new CounterWriter(await reopen([]), idsAfter(100)).write(APPLES, 5, 6);
  const again = await reopen([]);
  const model = await again.readModels.open(counterTotals);
  const [checkpoint, head] = [await model.checkpoint(), await again.eventStore.head()];
  demandSame({ what: 'whether it is behind', actual: checkpoint !== head, expected: true });
  const query = { index: PARITY, value: 'odd' };
  const answers = [
    await model.read([APPLES]),
    await model.query(query),
    await model.keys(query),
    await model.count(query),
  ];
  for (const answer of answers)
    demandSame({
      what: 'answer',
      actual: { checkpoint: answer.checkpoint, head: answer.head },
      expected: { checkpoint, head },
    });
}

async function isLeftBehind({ open }: StoreUnderTest): Promise<void> {
  const { store, reopen } = await open([counterTotals]);
  await writeSome(new CounterWriter(store));
  const withoutModel = await reopen([]);
  await new CounterWriter(withoutModel, idsAfter(100)).write(APPLES, 5, 6);
  const again = await reopen([counterTotals]);
  const writer = new CounterWriter(again, idsAfter(200));
  const refused = { streamId: PEARS, expected: 'no-stream', events: [writer.newEvent(1)] } as const;
  await refusal(again.eventStore.append(refused), 'revision-conflict');
  const model = await again.readModels.open(counterTotals);
  const reached = await model.checkpoint();
  await writer.write(PEARS, 1);
  demandSame({ what: 'checkpoint', actual: await model.checkpoint(), expected: reached });
  await bringToHead(again, counterTotals);
  await demandTotal(again, 20);
  await demandRowsMatchLog(again, counterTotals);
  await writer.write(APPLES, 1);
  await demandTotal(again, 21);
  await demandRowsMatchLog(again, counterTotals);
}

/** The writer does not know the read model, so each of its appends leaves the rows behind. */
async function catchesUpBesideWriter({ open }: StoreUnderTest): Promise<void> {
  const { store, another } = await open();
  const other = await another();
  const writer = new CounterWriter(other);
  await writer.write(APPLES, ...Array.from({ length: FAR_BEHIND }, () => 1));
  const writing = { isOver: false };
  const write = async (): Promise<void> => {
    for (; !writing.isOver; await yieldToLoop()) await writer.write(APPLES, 1);
  };
  const written = outcomeOf(write());
  const runner = await ProjectionRunner.open({ store, projection: counterTotals });
  try {
    for (let reads = 0; reads < 5; reads++) await runner.ready({ waitMs: 30_000 });
  } finally {
    writing.isOver = true;
  }
  const outcome = await written;
  if (!hasSucceeded(outcome)) throw outcome.error;
  const { rows } = await runner.read([APPLES], { waitMs: 30_000 });
  if ((rows.get(APPLES)?.total ?? 0) < FAR_BEHIND) fail('events that were written before are missing');
  await demandRowsMatchLog(store, counterTotals);
  await runner.close();
}

/** Brings the rows to the head, as a program does before its first read. */
async function bringToHead(store: Store, projection: Projection<CounterEvent, CounterRow>): Promise<void> {
  const runner = await ProjectionRunner.open({ store, projection });
  await runner.ready({ waitMs: 30_000 });
  await runner.close();
}

async function agreesWithRebuild({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open([counterTotals]);
  const writer = new CounterWriter(store);
  await writeSome(writer);
  const model = await store.readModels.open(counterTotals);
  const before = (await model.read([APPLES, PEARS, WEATHER])).rows;
  await (await ProjectionRunner.open({ store, projection: counterTotals, follows: 'on-demand' })).rebuild();
  demandSame({ what: 'rows', actual: (await model.read([APPLES, PEARS, WEATHER])).rows, expected: before });
  await demandRowsMatchLog(store, counterTotals);
  await writer.write(APPLES, 1);
  await demandRowsMatchLog(store, counterTotals);
  await demandTotal(store, 10);
}

async function refusesLostEvents({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open([counterTotals]);
  await writeSome(new CounterWriter(store));
  const model = await store.readModels.open(counterTotals);
  const before = await model.checkpoint();
  const shadow = await model.beginRebuild();
  const lost = position((before ?? fail('there is no checkpoint')) + (1n << 60n));
  const step = { checkpoint: lost, basedOn: [START, lost], rows: new Map() };
  await refusal(model.commit({ ...step, expected: before }), 'position-unknown');
  await refusal(shadow.promote({ ...step, expected: undefined }), 'position-unknown');
  demandSame({ what: 'checkpoint', actual: await model.checkpoint(), expected: before });
  await demandTotal(store, 9);
}

/** Leaves nine apples and no pears. */
async function writeSome(writer: CounterWriter): Promise<void> {
  await writer.write(APPLES, 1, 2);
  await writer.write(WEATHER, 20);
  await writer.write(PEARS, 4);
  await writer.write(APPLES, 6);
  await writer.write(PEARS, 'remove');
}

/** Ids that continue after those of earlier events. */
function idsAfter(count: number): ReturnType<typeof sequentialIds> {
  const nextId = sequentialIds();
  for (let used = 0; used < count; used++) nextId();
  return nextId;
}

async function demandTotal({ readModels }: Store, expected: number): Promise<void> {
  const model = await readModels.open(counterTotals);
  demandSame({ what: 'apples', actual: (await rowUnder(model, APPLES))?.total, expected });
}
