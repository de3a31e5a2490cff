import type { Database } from './database.js';

/**
 * Puts beyond change what a commit that failed has left in the log. As long as it is there, behind the end of what counts, a
 * recovery after a crash takes it for committed; what comes from the log once more is synced once more.
 *
 * Emptying the log does it, and needs no room. Where another process reads it, a commit of our own takes that place.
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

/** Whether nothing is left in it. */
function emptyLog(database: Database): boolean {
  return Number(database.value('PRAGMA wal_checkpoint(TRUNCATE)')) === 0;
}
