export { openSqliteStore, type SqliteStore } from './sqlite-store.js';
export type { SqliteStoreOptions } from './settings.js';
export type { IntegrityCheck } from './file-check.js';
export type { BackupOptions } from './backup.js';
