export { migratePostgresStore, postgresMigration, type PostgresMigration } from './migrate.js';
export type { PostgresMigrationOptions } from './settings.js';
export type { ConsumeWithinOptions, HandlingWithin } from './consume-within.js';
export { openPostgresStore, type PostgresStore } from './postgres-store.js';
export type { PostgresStoreOptions } from './settings.js';
