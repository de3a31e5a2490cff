export {
  migratePostgresStore,
  postgresMigration,
  type PostgresMigration,
  type PostgresMigrationOptions,
} from './migrate.js';
export type { ConsumeWithinOptions, HandlingWithin } from './consume-within.js';
export { openPostgresStore, type PostgresStore, type PostgresStoreOptions } from './postgres-store.js';
