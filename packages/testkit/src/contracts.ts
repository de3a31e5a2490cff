export { anotherCopy, type AnotherCopy } from './contracts/another-copy.js';
export { eventStoreContract, type EventStoreFixture, type OpenedEventStore } from './contracts/event-store-contract.js';
export {
  demandFreshReads,
  type AgedReads,
  type Disturbance,
  type FreshnessCounts,
  type FreshnessOptions,
} from './contracts/freshness/demand-fresh-reads.js';
export {
  readModelStoreContract,
  type OpenedReadModelStore,
  type ReadModelStoreFixture,
} from './contracts/read-model-store-contract.js';
export { storeContract, type OpenedStore, type StoreFixture } from './contracts/store-contract.js';
export { tableOfEnds, type FrozenEnd } from './contracts/stores/frozen.js';
export type { Opened, WaitLimit, TestRunner } from './contracts/contract.js';
