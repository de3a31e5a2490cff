import type { Brand } from './brand.js';
import { shown } from './shown.js';
import { wrong } from './wrong.js';

/**
 * A time in UTC: whole milliseconds since 1970-01-01T00:00:00Z, never a local time
 * (docs/adr/0003-instants-are-numbers-in-the-kernel.md).
 */
export type Instant = Brand<number, 'Instant'>;

const FURTHEST = 8_640_000_000_000_000;

/**
 * Parses whole milliseconds within the range of a `Date`.
 *
 * @throws RangeError when `milliseconds` is not an integer or lies outside ±100,000,000 days around 1970.
 */
export function instant(milliseconds: number): Instant {
  if (isInstant(milliseconds)) return milliseconds;
  throw new RangeError(`an instant is whole milliseconds since 1970 in UTC, not ${shown(milliseconds)}`);
}

/** Whether a number is whole milliseconds within the range of a `Date`. */
export function isInstant(milliseconds: number): milliseconds is Instant {
  return Number.isSafeInteger(milliseconds) && Math.abs(milliseconds) <= FURTHEST;
}

/**
 * Formats an instant as ISO 8601 in UTC with milliseconds, `2024-06-13T06:44:39.050Z`: its one text form.
 *
 * @throws RangeError for what is not an instant.
 */
export function instantToIso(value: Instant): string {
  return new Date(instant(value)).toISOString();
}

const ISO = /^((?:\d{4}|[+-]\d{6})-\d\d-(\d\d))T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/;
const IN_EVERY_MONTH = 28;

/**
 * Parses what {@link instantToIso} wrote, or any ISO 8601 date and time with its offset.
 *
 * @throws RangeError when the text is anything else.
 */
export function parseInstant(text: string): Instant {
  const [, date, day] = typeof text === 'string' ? (ISO.exec(text) ?? []) : [];
  const milliseconds = date === undefined ? Number.NaN : Date.parse(text);
  const isOnCalendar = !Number.isNaN(milliseconds) && (Number(day) <= IN_EVERY_MONTH || isDay(`${date}`));
  if (isOnCalendar) return instant(milliseconds);
  throw new RangeError(`an instant is ISO 8601 with its offset, as in 2024-06-13T06:44:39.050Z, not ${shown(text)}`);
}

/** Whether the date exists: JavaScript takes 30 February for 1 March. */
function isDay(date: string): boolean {
  return new Date(`${date}T00:00:00Z`).toISOString().split('T')[0]?.slice(-2) === date.slice(-2);
}

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
