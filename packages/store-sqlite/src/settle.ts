import type { Database } from './database.js';

/**
 * Makes the outcome of a failed commit final. The commit may have left content after the valid end of the log, which
 * the recovery after a crash would take for committed.
 *
 * Emptying the log removes that content and needs no space; the valid content is copied to the file and synced again.
 * While another process reads the log, it can't be emptied: a commit of our own then overwrites that content.
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
