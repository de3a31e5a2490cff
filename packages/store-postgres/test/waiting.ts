import { setTimeout as pause } from 'node:timers/promises';
import { paced } from '@login-policy/testkit';

const PATIENCE_MS = 60_000;

/** Asks again and again until the answer is yes. @throws Error when it is not within a minute of a quiet machine. */
export async function eventually(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  const began = performance.now();
  while (!(await isTrue())) {
    if (performance.now() - began > paced(PATIENCE_MS)) throw new Error(`${what} took longer than ${PATIENCE_MS} ms`);
    await pause(10);
  }
}
