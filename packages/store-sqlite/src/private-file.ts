import { closeSync, existsSync, openSync } from 'node:fs';

/**
 * Creates the file with private access before SQLite does, which would make it readable for all; the files beside it
 * get its mode. Created exclusively, so that no process has a lock on it that closing it could drop. A failure is left
 * for SQLite to report.
 */
export function makePrivate(path: string): void {
  if (existsSync(path)) return;
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch {
    // Another process was first, or it can't be created.
  }
}
