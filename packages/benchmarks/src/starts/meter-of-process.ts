/**
 * Loaded before a measured program (`node --expose-gc --import`): prints what the process has used so far, on SIGUSR2 and
 * when it ends.
 */
import { writeSync } from 'node:fs';
import { USED, type Used } from './used.js';

/** What the measuring itself has used. */
let ownMs = 0;

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function print(): void {
  const usedMs = processorMs();
  globalThis.gc?.();
  const { external, heapUsed } = process.memoryUsage();
  const used: Used = { processorMs: usedMs - ownMs, heapMb: (heapUsed + external) / 1e6 };
  writeSync(1, `${USED}${used.processorMs} ${used.heapMb}\n`);
  ownMs += processorMs() - usedMs;
}

process.on('SIGUSR2', print);
process.on('exit', print);
