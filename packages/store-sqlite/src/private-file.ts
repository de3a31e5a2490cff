import { closeSync, existsSync, openSync } from 'node:fs';

/**
 * Creates the file with private access. SQLite would make it readable for all; it gives the files beside it the same
 * mode. An existing file is not opened, because closing it would drop this process's locks on it. SQLite reports a
 * failure when it opens the file.
 */
export function makePrivate(path: string): void {
  if (existsSync(path)) return;
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch {
    // Another process was first, or the file can't be created.
  }
}
