import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SetUpFailed, say } from './process.mjs';

const lookAgainMs = 200;
const heartbeatMs = 5_000;
const silentMs = 60_000;
const patienceMs = 15 * 60_000;

/**
 * Does the work while no other process holds the lock file. Its owner renews it every few seconds; one whose owner is gone, or has not
 * renewed it for a minute (a process id says nothing across containers), is taken over.
 */
export async function withLock(path, work) {
  mkdirSync(dirname(path), { recursive: true });
  const giveUpAt = Date.now() + patienceMs;
  for (let isToldOf = false; !take(path); isToldOf = true) {
    if (!isToldOf) say('Another set-up of this folder is at work; waiting for it.');
    if (Date.now() > giveUpAt) throw new SetUpFailed(`${path} is held by another set-up; end it, or delete that file.`);
    await pause(lookAgainMs);
  }
  const release = () => rmSync(path, { force: true });
  const heartbeat = setInterval(() => attempt(() => utimesSync(path, new Date(), new Date())), heartbeatMs);
  process.once('exit', release);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    process.removeListener('exit', release);
    release();
  }
}

function take(path) {
  if (isGone(holderOf(path))) clearAway(path);
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw new SetUpFailed(`${path} can't be written: ${error.message}`);
  }
}

/** Of several that find a dead owner's lock, one moves it away; whoever moved a living one's puts it back. */
function clearAway(path) {
  const aside = `${path}.${process.pid}`;
  attempt(() => renameSync(path, aside));
  if (isGone(holderOf(aside))) rmSync(aside, { force: true });
  else attempt(() => renameSync(aside, path));
}

function holderOf(path) {
  return attempt(() => ({ pid: Number(readFileSync(path, 'utf8')), renewedAt: statSync(path).mtimeMs }));
}

/** An empty lock is one whose owner is about to write his process id into it: he is there until a minute has passed. */
function isGone({ pid, renewedAt } = { pid: 0, renewedAt: Infinity }) {
  if (Date.now() - renewedAt > silentMs || pid === process.pid) return true;
  return (
    pid > 0 &&
    attempt(
      () => process.kill(pid, 0),
      (error) => error.code === 'EPERM',
    ) !== true
  );
}

/** What came of it, or of what went wrong: nothing, unless it is said. */
function attempt(doIt, orElse = () => undefined) {
  try {
    return doIt();
  } catch (error) {
    return orElse(error);
  }
}
