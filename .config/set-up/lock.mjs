import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { SetUpFailed, say } from './process.mjs';

const lookAgainMs = 200;
const patienceMs = 15 * 60_000;

/**
 * Runs a function while holding the lock of this file. It is a SQLite lock, which the system releases when a process
 * ends.
 */
export async function withLock(path, work) {
  mkdirSync(dirname(path), { recursive: true });
  const lock = new DatabaseSync(path);
  const giveUpAt = Date.now() + patienceMs;
  try {
    for (let isToldOf = false; !take(lock); isToldOf = true) {
      if (!isToldOf) say('Another set-up of this folder is at work; waiting for it.');
      if (Date.now() > giveUpAt) throw new SetUpFailed(`${path} is held by another set-up; end it.`);
      await pause(lookAgainMs);
    }
    return await work();
  } finally {
    lock.close();
  }
}

function take(lock) {
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error.errcode === 5) return false;
    throw new SetUpFailed(`the lock of the set-up can't be taken: ${error.message}`);
  }
}
