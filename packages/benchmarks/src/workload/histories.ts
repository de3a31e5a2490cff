import type { RawDriver } from '../raw/raw-driver.js';
import { historyOf, streamOf } from './course.js';
import { emptyPolicy } from './plain-policy.js';

/** An append of some of a policy's events. */
export interface SeedAppend {
  readonly policy: number;
  readonly from: number;
  readonly to: number;
}

/** The number of a policy's initial events, in one append. */
const FIRST_APPEND = 4;

/**
 * Histories of many policies as after a busy year: the next policy is random, with a seed, so that it is the
 * same for all contenders. A policy begins with one append of four events; later events come one by one.
 */
export function randomHistories(policies: number, eventsEach: number): readonly SeedAppend[] {
  const lengths = Array.from({ length: policies }, () => 0);
  const unfinished = Array.from({ length: policies }, (_, policy) => policy);
  const appends: SeedAppend[] = [];
  const nextNumber = randomNumbers(20_261_126);
  while (unfinished.length > 0) {
    const index = nextNumber(unfinished.length);
    const policy = unfinished[index] ?? 0;
    const from = lengths[policy] ?? 0;
    const to = Math.min(from === 0 ? FIRST_APPEND : from + 1, eventsEach);
    lengths[policy] = to;
    appends.push({ policy, from, to });
    const last = unfinished.at(-1) ?? 0;
    if (to === eventsEach) {
      unfinished[index] = last;
      unfinished.pop();
    }
  }
  return appends;
}

/** The events of an append of a long history. A look at the middle is not inside one. */
const APPENDED_TOGETHER = 125;

/** One history of thousands of events. */
export function longHistory(length: number): readonly SeedAppend[] {
  return Array.from({ length: length / APPENDED_TOGETHER }, (_, index) => ({
    policy: 0,
    from: index * APPENDED_TOGETHER,
    to: (index + 1) * APPENDED_TOGETHER,
  }));
}

/** The number of events in the longest of these histories. */
export function longestOf(appends: readonly SeedAppend[]): number {
  return appends.reduce((longest, { to }) => Math.max(longest, to), 0);
}

/** Numbers below a bound, by the generator of Park and Miller. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** Writes histories by hand, 500 appends per transaction, without rows. */
export async function seedRaw(driver: RawDriver, appends: readonly SeedAppend[]): Promise<void> {
  const history = historyOf(longestOf(appends));
  const decided = appends.map(({ policy, from, to }) => {
    return { stream: streamOf(policy), revision: from, events: history.slice(from, to), policy: emptyPolicy() };
  });
  for (let first = 0; first < decided.length; first += 500) await driver.append(decided.slice(first, first + 500));
}
