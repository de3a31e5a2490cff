import { instant, isInstant, type Instant } from './instant.js';
import { shown } from './shown.js';
import { wrong } from './wrong.js';

/** Tells the current time. Passed in everywhere, so that a test or a replay decides what "now" means. */
export type Clock = () => Instant;

/** The machine's own clock. It may jump backwards; a store never lets a stream's `recordedAt` go back with it. */
export const systemClock: Clock = () => instant(Date.now());

/** The given clock, whose wrong answers are refused by its name; without one, the machine's own. */
export function namedClock(clock?: Clock): Clock {
  if (clock === undefined) return systemClock;
  if (typeof clock !== 'function') throw wrong('clock', 'a function', clock);
  return () => {
    const now = clock();
    if (isInstant(now)) return now;
    throw new RangeError(`clock must return whole milliseconds since 1970, as Date.now() does, not ${shown(now)}`);
  };
}

/** The same clock, for times that are only shown: where it throws or tells no instant, the machine's own counts. */
export function unfailing(clock: Clock): Clock {
  return () => {
    try {
      return instant(clock());
    } catch {
      return systemClock();
    }
  };
}
