import type { Database } from './database.js';

/**
 * Makes the outcome of a failed commit final. What it left in the log, past the valid end, would be taken for committed
 * by the recovery after a crash. Valid content that is copied from the log again is synced again.
 *
 * Emptying the log removes it and needs no space. While another process reads the log, a commit of our own overwrites
 * it instead.
 */
export function settle(database: Database): void {
  if (emptyLog(database)) return;
  const written = database.write(() => {
    const version = Number(database.value('PRAGMA user_version'));
    database.exec(`PRAGMA user_version = ${version}`);
  });
  if (!written.isCommitted) throw written.cause;
  emptyLog(database);
}

/** Whether the log was emptied. */
function emptyLog(database: Database): boolean {
  return Number(database.value('PRAGMA wal_checkpoint(TRUNCATE)')) === 0;
}
