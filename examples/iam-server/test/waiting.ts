import { setTimeout as pause } from 'node:timers/promises';
import { paced } from '@login-policy/testkit';

const TIMEOUT_MS = 60_000;

/**
 * Resolves as soon as the condition holds; rejects, saying what was awaited, when it does not within a minute of a
 * quiet machine.
 */
export async function eventually<Found>(
  what: string,
  look: () => Promise<Found | undefined> | Found | undefined,
): Promise<Found> {
  const began = performance.now();
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() - began > paced(TIMEOUT_MS)) throw new Error(`${what} did not come within ${TIMEOUT_MS} ms`);
    await pause(20);
  }
}
