export { anotherCopy, type AnotherCopy } from './contracts/another-copy.js';
export { eventStoreContract } from './contracts/event-store-contract.js';
export type { EventStoreFixture, OpenedEventStore } from './contracts/event-store/event-store-under-test.js';
export {
  demandFreshReads,
  type AgedReads,
  type Disturbance,
  type FreshnessCounts,
  type FreshnessOptions,
} from './contracts/freshness/demand-fresh-reads.js';
export { readModelStoreContract } from './contracts/read-model-store-contract.js';
export type { OpenedReadModelStore, ReadModelStoreFixture } from './contracts/read-models/opened-read-models.js';
export { storeContract } from './contracts/store-contract.js';
export type { OpenedStore, StoreFixture } from './contracts/stores/store-under-test.js';
export { tableOfEnds } from './contracts/stores/frozen.js';
export type { FrozenEnd } from './contracts/stores/store-under-test.js';
export type { Opened, WaitLimit, TestRunner } from './contracts/contract.js';
