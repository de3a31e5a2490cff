export type { Timeouts } from './timeouts.js';
export { connectEventStoreDb, openEventStoreDbStore, type EventStoreDbStoreOptions } from './eventstoredb-store.js';
