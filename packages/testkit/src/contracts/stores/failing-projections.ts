import { isFault, revision } from '@login-policy/event-sourcing';
import type { ReadModel } from '@login-policy/event-sourcing/store';
import { demandSame, fail } from '../../demand.js';
import { counterTotals, type CounterRow } from '../../samples/counter.js';
import { rowUnder } from '../../row-under.js';
import type { Suite } from '../contract.js';
import { readAll, readStream } from '../event-store/reading.js';
import type { StoreUnderTest } from './store-under-test.js';
import { hasSucceeded, outcomeOf, refusal } from '../refusals.js';
import { APPLES, BAD_LUCK, CounterWriter, demandRowsMatchLog, PEARS, picky } from './counters.js';

/** What happens when the projection of an opened read model fails on an event. */
export const failingProjections: Suite<StoreUnderTest> = {
  title: 'an append that a projection cannot process',
  deadlineMs: 60_000,
  guarantees: {
    'is refused with ProjectionStopped, which names the event and the reason': namesEventAndReason,
    'writes no event, no receipt, and no row of any projection': writesNothing,
    'does not block later valid appends': doesNotBlockLater,
    'does not fail concurrent valid appends': doesNotFailConcurrent,
    'is refused when the event cannot be decoded': refusesUndecodable,
  },
};

async function namesEventAndReason({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open([picky]);
  const writer = new CounterWriter(store);
  await writer.write(APPLES, 1);
  const stopped = await refusal(writer.write(APPLES, 2, BAD_LUCK, 3), 'projection-stopped');
  const { projection, streamId, revision: at, type } = stopped.facts;
  const expected = { projection: picky.name, streamId: APPLES, at: revision(2), type: 'Counted' };
  demandSame({ what: 'facts', actual: { projection, streamId, at, type }, expected });
  if (!stopped.message.includes('thirteen is bad luck')) fail(`the message does not say why: ${stopped.message}`);
}

async function writesNothing({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open([counterTotals, picky]);
  const writer = new CounterWriter(store);
  const before = await writer.write(APPLES, 1);
  await writer.write(PEARS, 1);
  const receipt = { key: 'key', fingerprint: 'fingerprint' };
  const append = { streamId: APPLES, expected: revision(0), events: [writer.newEvent(BAD_LUCK)], receipt };
  await refusal(store.eventStore.append(append), 'projection-stopped');
  await refusal(writer.write(APPLES, 5, BAD_LUCK), 'projection-stopped');
  demandSame({
    what: 'number of events',
    actual: (await readStream(store.eventStore, APPLES)).length,
    expected: before.length,
  });
  demandSame({ what: 'number of events', actual: (await readAll(store.eventStore)).length, expected: 2 });
  demandSame({ what: 'receipt', actual: await store.eventStore.receipt(APPLES, 'key'), expected: undefined });
  for (const projection of [counterTotals, picky]) await demandTotal(await store.readModels.open(projection), 1);
  await demandRowsMatchLog(store, counterTotals);
  await demandRowsMatchLog(store, picky);
}

async function doesNotBlockLater({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open([picky, counterTotals]);
  const writer = new CounterWriter(store);
  for (let round = 0; round < 3; round++) {
    await refusal(writer.write(APPLES, BAD_LUCK), 'projection-stopped');
    const [event] = await writer.write(APPLES, 2);
    demandSame({ what: 'revision', actual: event?.revision, expected: revision(round) });
  }
  await demandTotal(await store.readModels.open(picky), 6);
  await demandRowsMatchLog(store, picky);
  await demandRowsMatchLog(store, counterTotals);
}

async function doesNotFailConcurrent({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open([picky]);
  const writer = new CounterWriter(store);
  const calls = Array.from({ length: 32 }, (_, index) => {
    const isInvalid = index % 4 === 3;
    return { isInvalid, outcome: outcomeOf(writer.write(index % 2 === 0 ? APPLES : PEARS, isInvalid ? BAD_LUCK : 1)) };
  });
  for (const { isInvalid, outcome } of calls) {
    const settled = await outcome;
    if (hasSucceeded(settled) === isInvalid)
      fail(isInvalid ? 'an invalid append was accepted' : 'a valid append was refused');
    if (!hasSucceeded(settled) && !isFault(settled.error, 'projection-stopped')) throw settled.error;
  }
  demandSame({ what: 'number of events', actual: (await readAll(store.eventStore)).length, expected: 24 });
  await demandRowsMatchLog(store, picky);
}

async function refusesUndecodable({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open([counterTotals]);
  const writer = new CounterWriter(store);
  await writer.write(APPLES, 1);
  for (const wrong of [{ data: { by: 'one' } }, { type: 'NeverHeardOf' }, { schemaVersion: 2 }]) {
    const events = [writer.newEvent(2), { ...writer.newEvent(3), ...wrong }];
    const call = store.eventStore.append({ streamId: APPLES, expected: 'any', events });
    await refusal(call, 'projection-stopped');
  }
  demandSame({ what: 'number of events', actual: (await readAll(store.eventStore)).length, expected: 1 });
  await demandRowsMatchLog(store, counterTotals);
}

async function demandTotal(model: ReadModel<CounterRow>, expected: number): Promise<void> {
  demandSame({ what: 'total', actual: (await rowUnder(model, APPLES))?.total, expected });
}
