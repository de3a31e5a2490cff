export { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from './sqlite-store.js';
export type { IntegrityCheck } from './file-check.js';
export type { BackupOptions } from './backup.js';
