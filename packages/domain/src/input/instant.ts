import { instant, type Instant, instantToIso, parseInstant } from '@login-policy/event-sourcing';
import { DateTime } from 'luxon';
import { InvalidValue, type Parser } from './invalid-value.js';

/** An instant as a caller gives it: a luxon `DateTime`, a `Date`, or ISO 8601 text that names its offset. */
export type InstantInput = DateTime | Date | string;

const EXPECTED = 'a luxon DateTime, a Date or ISO 8601 text with its offset, and a valid one';

/**
 * The range that every format can hold: four-digit years in text, and protobuf's timestamps. Recorded instants may be
 * outside.
 */
const [FIRST, LAST] = [Date.parse('0001-01-01T00:00:00.000Z'), Date.parse('9999-12-31T23:59:59.999Z')];

/** Parses an instant in any of its forms, exact to the millisecond. */
export const parseInstantInput: Parser<Instant> = (value, field) => {
  const given = instantIn(value);
  if (given === undefined) throw new InvalidValue(field, EXPECTED, value);
  if (given >= FIRST && given <= LAST) return given;
  throw new InvalidValue(field, 'an instant of the years 1 to 9999', instantToIso(given));
};

function instantIn(value: unknown): Instant | undefined {
  try {
    if (value instanceof Date) return instant(value.getTime());
    if (typeof value === 'string') return parseInstant(value);
    return DateTime.isDateTime(value) ? instant(value.toMillis()) : undefined;
  } catch {
    return undefined;
  }
}
