import type { Brand } from './brand.js';

/** A moment in UTC: whole milliseconds since 1970-01-01T00:00:00Z, never a local time (SPEC §2, ADR 0003). */
export type Instant = Brand<number, 'Instant'>;

const FURTHEST = 8_640_000_000_000_000;

/**
 * Takes only whole milliseconds that a calendar can hold.
 *
 * @throws RangeError when `milliseconds` is not an integer or lies outside ±100,000,000 days around 1970.
 */
export function instant(milliseconds: number): Instant {
  if (!Number.isSafeInteger(milliseconds) || Math.abs(milliseconds) > FURTHEST) {
    throw new RangeError(`an instant is whole milliseconds since 1970 in UTC, not ${milliseconds}`);
  }
  return milliseconds as Instant;
}

/** Writes the one form an instant has as text: ISO 8601 in UTC with milliseconds, `2024-06-13T06:44:39.050Z`. */
export function instantToIso(value: Instant): string {
  return new Date(value).toISOString();
}

/**
 * Reads what {@link instantToIso} wrote, or any ISO 8601 text that names its offset.
 *
 * @throws RangeError when the text is no such moment.
 */
export function parseInstant(text: string): Instant {
  if (!/(?:Z|[+-]\d\d:\d\d)$/.test(text))
    throw new RangeError(`an instant names its offset, as in …Z, not ${JSON.stringify(text)}`);
  return instant(Date.parse(text));
}
