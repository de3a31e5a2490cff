import type { Setting } from '../harness/row.js';
import { median } from '../harness/statistics.js';
import { microseconds } from '../harness/stopwatch.js';

/** The histories compared, each of a policy of its own, numbered by its place here. */
export const HISTORIES = [10, 2000] as const;

/** Gives both policies commands in turns, and compares how long the one and the other took. */
export async function growth({ isQuick }: Setting, give: (policy: number, round: number) => unknown): Promise<number> {
  const took: readonly [number[], number[]] = [[], []];
  for (let round = 0; round < (isQuick ? 40 : 200); round++) {
    for (const [policy, times] of took.entries()) times.push(await microseconds(() => give(policy, round)));
  }
  return median(took[1]) / median(took[0]);
}
