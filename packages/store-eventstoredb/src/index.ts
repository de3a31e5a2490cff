export type { Timeouts } from './deadline.js';
export { connectEventStoreDb, openEventStoreDbStore, type EventStoreDbStoreOptions } from './eventstoredb-store.js';
