import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Figure } from './row.js';

interface Spent {
  readonly ms: number;
  readonly processorMs: number;
}

async function spentOn(work: () => unknown): Promise<Spent> {
  const [before, begun] = [process.cpuUsage(), performance.now()];
  await work();
  const ms = performance.now() - begun;
  const { system, user } = process.cpuUsage(before);
  return { ms, processorMs: (system + user) / 1000 };
}

/** How many things a second `work` does of its `count`. */
export async function ratePerSecond(count: number, work: () => unknown): Promise<Figure> {
  const { ms, processorMs } = await spentOn(work);
  return { byClock: (count * 1000) / ms, byProcessor: (count * 1000) / processorMs };
}

/** How long `work` takes, in milliseconds. */
export async function milliseconds(work: () => unknown): Promise<Figure> {
  const { ms, processorMs } = await spentOn(work);
  return { byClock: ms, byProcessor: processorMs };
}

/**
 * The longest time, in milliseconds, for which nothing else had its turn while `work` was done; and its processor time.
 */
export async function longestStall(work: () => Promise<unknown>): Promise<Figure> {
  let [last, longest] = [performance.now(), 0];
  const look = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(look, 1);
  const { processorMs } = await spentOn(work);
  await nextTurn();
  look();
  clearInterval(timer);
  return { byClock: longest, byProcessor: processorMs };
}

/** The middle figure; of an even number, the mean of the two in the middle; NaN of none. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((left, right) => left - right);
  const at = (place: number): number => sorted[place] ?? Number.NaN;
  return (at(Math.ceil(sorted.length / 2) - 1) + at(Math.floor(sorted.length / 2))) / 2;
}
