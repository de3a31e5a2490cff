/**
 * Loaded before a measured program (`node --expose-gc --import`): prints what the process has used so far, on SIGUSR2 and
 * when it ends.
 */
import { writeSync } from 'node:fs';
import { USED, type Used } from './used.js';

function print(): void {
  const { user, system } = process.cpuUsage();
  globalThis.gc?.();
  const { external, heapUsed } = process.memoryUsage();
  const used: Used = { processorMs: (user + system) / 1000, heapMb: (heapUsed + external) / 1e6 };
  writeSync(1, `${USED}${used.processorMs} ${used.heapMb}\n`);
}

process.on('SIGUSR2', print);
process.on('exit', print);
