export {
  migratePostgresStore,
  postgresMigration,
  type PostgresMigration,
  type PostgresMigrationOptions,
} from './migrate.js';
export { openPostgresStore, type PostgresStore, type PostgresStoreOptions } from './postgres-store.js';
