import type { Suite } from '../contract.js';
import { within } from '../waiting.js';
import { refusal } from '../refusals.js';
import type { StoreUnderTest } from './store-under-test.js';
import { counterTotals } from '../../samples/counter.js';
import { APPLES, CounterWriter } from './counters.js';

/** How a store as a whole is closed. */
export const closings: Suite<StoreUnderTest> = {
  title: 'a store that is closed',
  guarantees: {
    'refuses events and read models with StoreClosed': refusesEventsAndReadModels,
    'is closed by `await using`, and only once': isClosedByScope,
  },
};

async function refusesEventsAndReadModels({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open([counterTotals]);
  await new CounterWriter(store).write(APPLES, 1);
  await within('closing the store', store.close());
  await refusal(store.eventStore.head(), 'store-closed');
  await refusal(new CounterWriter(store).write(APPLES, 2), 'store-closed');
  await refusal(store.readModels.open(counterTotals), 'store-closed');
}

async function isClosedByScope({ open }: StoreUnderTest): Promise<void> {
  const { store } = await open([counterTotals]);
  await new CounterWriter(store).write(APPLES, 1);
  // What `await using` does.
  await store[Symbol.asyncDispose]();
  await refusal(store.eventStore.head(), 'store-closed');
  await within('closing the store again', Promise.all([store.close(), store[Symbol.asyncDispose]()]));
}
