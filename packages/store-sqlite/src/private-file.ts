import { closeSync, existsSync, openSync } from 'node:fs';

/**
 * SQLite would let everybody read a file that it makes; those beside it get its mode. Made exclusively, so that nobody has a lock on
 * it that closing it here could drop. What can't be made is for SQLite to refuse.
 */
export function makePrivate(path: string): void {
  if (existsSync(path)) return;
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch {
    // Somebody else was first, or it can't be made.
  }
}
