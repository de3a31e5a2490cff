import { demandSame } from '../../demand.js';
import { counterTotals } from '../../samples/counter.js';
import type { Suite } from '../contract.js';
import { readStream } from '../event-store/reading.js';
import type { StoreUnderTest } from './store-under-test.js';
import { APPLES, CounterWriter } from './counters.js';

/** The clock that a store reports. */
export const clocks: Suite<StoreUnderTest> = {
  title: 'the clock of a store',
  guarantees: { 'is the one that its events are recorded with': isThatOfEvents },
};

/** For stores with inline read models only: gRPC, which the client of EventStoreDB uses, needs turns itself. */
export const fakedTimers: Suite<StoreUnderTest> = {
  title: 'a store in a test suite that fakes its timers',
  guarantees: { 'appends and reads without them': needsNoFakedTurns },
};

async function isThatOfEvents({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open();
  await new CounterWriter(store).write(APPLES, 1);
  const instants = (await readStream(store.eventStore, APPLES)).map(({ recordedAt }) => recordedAt);
  demandSame({ what: 'instants', actual: instants, expected: [store.clock()] });
}

/** Fake timers, as of sinon, Jest and Vitest, never run a callback of `setImmediate` unless they are advanced. */
async function needsNoFakedTurns({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open([counterTotals]);
  const writer = new CounterWriter(store);
  const real = globalThis.setImmediate;
  let faked = 0;
  const fake: typeof real = Object.assign((...args: Parameters<typeof real>) => {
    faked += 1;
    return real(...args);
  }, real);
  globalThis.setImmediate = fake;
  try {
    await Promise.all(Array.from({ length: 40 }, () => writer.write(APPLES, 1)));
    demandSame({ what: 'events', actual: (await readStream(store.eventStore, APPLES)).length, expected: 40 });
    await (await store.readModels.open(counterTotals)).read([APPLES]);
  } finally {
    globalThis.setImmediate = real;
  }
  demandSame({ what: 'callbacks left to the fake timers', actual: faked, expected: 0 });
}
