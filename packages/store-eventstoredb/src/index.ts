export { connectEventStoreDb, openEventStoreDbStore } from './eventstoredb-store.js';
export type { Credentials, EventStoreDbStoreOptions, Timeouts, VendorClient } from './options.js';
