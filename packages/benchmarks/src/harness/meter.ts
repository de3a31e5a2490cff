import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Figure } from './row.js';

interface Usage {
  readonly ms: number;
  readonly processorMs: number;
}

async function usageOf(work: () => unknown): Promise<Usage> {
  const [before, beganAt] = [process.cpuUsage(), performance.now()];
  await work();
  const ms = performance.now() - beganAt;
  const { system, user } = process.cpuUsage(before);
  return { ms, processorMs: (system + user) / 1000 };
}

/** How many of `count` items per second `work` processes. */
export async function ratePerSecond(count: number, work: () => unknown): Promise<Figure> {
  const { ms, processorMs } = await usageOf(work);
  return { byClock: (count * 1000) / ms, byProcessor: (count * 1000) / processorMs };
}

/** The duration of `work`, in milliseconds. */
export async function milliseconds(work: () => unknown): Promise<Figure> {
  const { ms, processorMs } = await usageOf(work);
  return { byClock: ms, byProcessor: processorMs };
}

/** The longest time, in milliseconds, that `work` blocked the event loop; and its processor time. */
export async function longestStall(work: () => Promise<unknown>): Promise<Figure> {
  let [last, longest] = [performance.now(), 0];
  const measureGap = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(measureGap, 1);
  const { processorMs } = await usageOf(work);
  await nextTurn();
  measureGap();
  clearInterval(timer);
  return { byClock: longest, byProcessor: processorMs };
}

/** The median: for an even number, the mean of the middle two; NaN for none. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((left, right) => left - right);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  return (at(Math.ceil(sorted.length / 2) - 1) + at(Math.floor(sorted.length / 2))) / 2;
}
