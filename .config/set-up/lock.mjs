import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { say } from './step.mjs';

const patienceMs = 15 * 60_000;

/**
 * Runs a function while holding the lock of this file. It is a SQLite lock, which the system releases when a process
 * ends.
 */
export async function withLock(path, work) {
  mkdirSync(dirname(path), { recursive: true });
  const lock = new DatabaseSync(path);
  try {
    take(lock);
    return await work();
  } finally {
    lock.close();
  }
}

function take(lock) {
  try {
    lock.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch {
    say('Another set-up of this folder is at work; waiting for it.');
    lock.exec(`PRAGMA busy_timeout = ${patienceMs}; BEGIN EXCLUSIVE`);
  }
}
