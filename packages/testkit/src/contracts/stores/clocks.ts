import { demandSame } from '../../demand.js';
import type { Suite } from '../contract.js';
import { readStream } from '../event-store/reading.js';
import type { StoreUnderTest } from '../store-contract.js';
import { APPLES, CounterWriter } from './counters.js';

/** The clock that a store reports. */
export const clocks: Suite<StoreUnderTest> = {
  title: 'the clock of a store',
  guarantees: { 'is the one that its events are recorded with': isThatOfEvents },
};

async function isThatOfEvents({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open();
  await new CounterWriter(store).write(APPLES, 1);
  const instants = (await readStream(store.eventStore, APPLES)).map(({ recordedAt }) => recordedAt);
  demandSame({ what: 'instants', actual: instants, expected: [store.clock()] });
}
