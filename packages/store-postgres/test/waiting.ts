import { setTimeout as pause } from 'node:timers/promises';

/** Asks again and again until the answer is yes. @throws Error when it is not in time. */
export async function eventually(what: string, isTrue: () => Promise<boolean>, withinMs = 10_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error(`${what} took longer than ${withinMs} ms`);
    await pause(10);
  }
}
