import type { RawDriver } from '../raw/raw-driver.js';
import { historyOf, streamOf } from './course.js';
import { emptyPolicy } from './plain-policy.js';

/** An append of some of a policy's events. */
export interface Stretch {
  readonly policy: number;
  readonly from: number;
  readonly to: number;
}

/** The number of a policy's initial events, in one append. */
const FIRST = 4;

/**
 * Histories of many policies as after a busy year: the next policy is drawn at random, with a seed, so that it is the
 * same for all contenders. A policy begins with one append of four events; later events come one by one.
 */
export function randomHistories(policies: number, eventsEach: number): readonly Stretch[] {
  const lengths = Array.from({ length: policies }, () => 0);
  const open = Array.from({ length: policies }, (_, policy) => policy);
  const stretches: Stretch[] = [];
  const draw = randomNumbers(20_261_126);
  while (open.length > 0) {
    const place = draw(open.length);
    const policy = open[place] ?? 0;
    const from = lengths[policy] ?? 0;
    const to = Math.min(from === 0 ? FIRST : from + 1, eventsEach);
    lengths[policy] = to;
    stretches.push({ policy, from, to });
    const last = open.at(-1) ?? 0;
    if (to === eventsEach) {
      open[place] = last;
      open.pop();
    }
  }
  return stretches;
}

/** One history of thousands of events, in appends of a thousand. */
export function long(length: number): readonly Stretch[] {
  return Array.from({ length: length / 1000 }, (_, index) => ({
    policy: 0,
    from: index * 1000,
    to: (index + 1) * 1000,
  }));
}

/** The number of events in the longest of these histories. */
export function longestOf(stretches: readonly Stretch[]): number {
  return stretches.reduce((longest, { to }) => Math.max(longest, to), 0);
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
export async function seedRaw(driver: RawDriver, stretches: readonly Stretch[]): Promise<void> {
  const history = historyOf(longestOf(stretches));
  const decided = stretches.map(({ policy, from, to }) => {
    return { stream: streamOf(policy), revision: from, events: history.slice(from, to), policy: emptyPolicy() };
  });
  for (let first = 0; first < decided.length; first += 500) await driver.append(decided.slice(first, first + 500));
}
