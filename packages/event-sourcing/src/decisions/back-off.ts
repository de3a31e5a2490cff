import { setTimeout as sleep } from 'node:timers/promises';

const LONGEST_MS = 64;

/** Waits before the next attempt: at random up to 1, 2, 4 … 64 ms, so that writers who met do not meet again. */
export async function pause(attempt: number): Promise<void> {
  await sleep(Math.random() * Math.min(2 ** (attempt - 1), LONGEST_MS));
}
