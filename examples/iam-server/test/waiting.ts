import { setTimeout as pause } from 'node:timers/promises';

/** Resolves as soon as the condition holds; rejects, saying what was awaited, when it does not within `patienceMs`. */
export async function eventually<Found>(
  what: string,
  look: () => Promise<Found | undefined> | Found | undefined,
  patienceMs = 15_000,
): Promise<Found> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > giveUpAt) throw new Error(`${what} did not come within ${patienceMs} ms`);
    await pause(20);
  }
}
