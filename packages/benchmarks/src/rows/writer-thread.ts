import { parentPort, workerData } from 'node:worker_threads';
import type { Decision } from '../raw/raw-driver.js';
import { RawSqlite } from '../raw/raw-sqlite.js';

// Writes each message in one transaction, and confirms it.
const driver = new RawSqlite(String(workerData));
parentPort?.on('message', (group: readonly Decision[]) => {
  driver.write(group);
  parentPort?.postMessage(group.length);
});
