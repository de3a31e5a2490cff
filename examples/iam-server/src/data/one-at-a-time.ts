import { open, rm, stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { codeOf, unusable } from './private-file.js';

const LOOK_EVERY_MS = 25;
/** Far longer than work under a lock takes: an older lock belongs to a killed process. */
const STALE_MS = 10_000;

/** Runs work under a lock, which is a file, so that no other process runs it at the same time. @throws CannotStart */
export async function oneAtATime<Result>(lock: string, act: () => Promise<Result>): Promise<Result> {
  while (!(await isTaken(lock))) {
    const found = await stat(lock).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > STALE_MS) await rm(lock, { force: true });
    else await pause(LOOK_EVERY_MS);
  }
  try {
    return await act();
  } finally {
    await rm(lock, { force: true });
  }
}

async function isTaken(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx', 0o600)).close();
    return true;
  } catch (caught) {
    if (codeOf(caught) === 'EEXIST') return false;
    throw unusable(lock, 'written', caught);
  }
}
