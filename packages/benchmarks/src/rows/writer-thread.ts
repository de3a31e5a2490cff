import { parentPort, workerData } from 'node:worker_threads';
import type { Decided } from '../raw/raw-driver.js';
import { RawSqlite } from '../raw/raw-sqlite.js';

// Writes each message in one transaction, and confirms it.
const driver = new RawSqlite(String(workerData));
parentPort?.on('message', (group: readonly Decided[]) => {
  driver.write(group);
  parentPort?.postMessage(group.length);
});
