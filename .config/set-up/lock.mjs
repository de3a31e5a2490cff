import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SetUpFailed, say } from './process.mjs';

const lookAgainMs = 200;
const heartbeatMs = 5_000;
const silentMs = 60_000;
const patienceMs = 15 * 60_000;

/**
 * Does the work while no other process holds the lock file.
 *
 * Its owner renews it every few seconds. A lock whose owner is gone, or has not renewed it for a minute (a process id says
 * nothing across containers), is taken over.
 */
export async function withLock(path, work) {
  await acquire(path);
  const release = () => rmSync(path, { force: true });
  const heartbeat = setInterval(() => renew(path), heartbeatMs);
  process.once('exit', release);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    process.removeListener('exit', release);
    release();
  }
}

async function acquire(path) {
  mkdirSync(dirname(path), { recursive: true });
  const giveUpAt = Date.now() + patienceMs;
  let told = false;
  while (!tryToTake(path)) {
    const holder = holderOf(path);
    if (holder !== undefined && isGone(holder)) clearAway(path, holder);
    else if (!told) told = tell(holder);
    if (Date.now() > giveUpAt) {
      throw new SetUpFailed(`another set-up has held ${path} for 15 minutes; end it, or delete that file.`);
    }
    await pause(lookAgainMs);
  }
}

function tell(holder) {
  const who = holder === undefined ? '' : ` (process ${holder.pid})`;
  say(`Another set-up of this folder is at work${who}; waiting for it.`);
  return true;
}

function tryToTake(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw new SetUpFailed(`${path} can't be written: ${error.message}`);
  }
}

function renew(path) {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {
    // Whoever deleted the lock meant to; the next set-up just won't wait for this one.
  }
}

function holderOf(path) {
  try {
    return { pid: Number(readFileSync(path, 'utf8')), renewedAt: statSync(path).mtimeMs };
  } catch {
    return undefined;
  }
}

/** An empty lock is one whose owner is about to write his process id into it: he is there until a minute has passed. */
function isGone({ pid, renewedAt }) {
  if (Date.now() - renewedAt > silentMs || pid === process.pid) return true;
  return pid > 0 && !isAlive(pid);
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Of several that find a dead owner's lock, one moves it away; whoever moved a living one's puts it back. */
function clearAway(path, dead) {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (holderOf(aside)?.pid === dead.pid) rmSync(aside, { force: true });
  else renameSync(aside, path);
}
