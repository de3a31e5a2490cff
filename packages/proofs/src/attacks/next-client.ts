/** A client in its own thread, which the attackers' work does not delay. Reports its longest wait. */
import { setTimeout as pause } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { sendRequest } from './callers.js';
import { OURS } from './fixtures.js';

let [longestMs, isOver] = [0, false];
parentPort?.once('message', () => (isOver = true));
while (!isOver) {
  const askedAt = performance.now();
  const { status } = await sendRequest(Number(workerData), { path: '/debug/healthz', headers: { host: OURS.host } });
  if (status !== 200) throw new Error(`a fresh client was answered ${status}`);
  longestMs = Math.max(longestMs, performance.now() - askedAt);
  await pause(20);
}
parentPort?.postMessage(longestMs);
