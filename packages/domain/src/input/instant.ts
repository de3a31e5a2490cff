import { instant, parseInstant, type Instant } from '@login-policy/event-sourcing';
import { DateTime } from 'luxon';
import { InvalidValue, type Parser } from './invalid-value.js';

/** An instant as a caller gives it: a luxon `DateTime`, a `Date`, or ISO 8601 text that names its offset. */
export type InstantInput = DateTime | Date | string;

const EXPECTED = 'a luxon DateTime, a Date or ISO 8601 text with its offset, and a valid one';

/** Takes an instant in any of its forms, exact to the millisecond. */
export const parseInstantInput: Parser<Instant> = (value, field) => {
  try {
    if (value instanceof Date) return instant(value.getTime());
    if (typeof value === 'string') return parseInstant(value);
    if (DateTime.isDateTime(value)) return instant(value.toMillis());
  } catch {
    // The sentence below says what an instant is.
  }
  throw new InvalidValue(field, EXPECTED, value);
};
