import { InvalidValue, parseEach, parseObject, parseOneOf, type Parser } from '../input/invalid-value.js';
import { LOCK_OUTS, type LockOut } from '../policy/rejections.js';

/** The lock-outs that a caller can acknowledge by name. */
export const ACKNOWLEDGED_BY_NAME: readonly (LockOut | 'census-unknown')[] = [...LOCK_OUTS, 'census-unknown'];

/**
 * What the guard lets pass: a lock-out by its name, that the users can't be counted, or that up to so many users are
 * locked out. If there are more by then, the command is refused again.
 */
export type Acknowledgement = LockOut | 'census-unknown' | { readonly lockedOut: number };

/** One acknowledgement of a number, or a list. */
export type Acknowledged = readonly Acknowledgement[] | { readonly lockedOut: number };

/** Parses what a caller acknowledges. */
export const parseAcknowledged: Parser<readonly Acknowledgement[]> = (value, field) => {
  if (typeof value === 'string') throw new InvalidValue(field, `a list of ${ACKNOWLEDGED_BY_NAME.join(', ')}`, value);
  return Array.isArray(value) ? parseEach(value, field, parseOne) : [parseNumber(value, field)];
};

const parseName = parseOneOf(ACKNOWLEDGED_BY_NAME);

const parseOne: Parser<Acknowledgement> = (value, field) =>
  typeof value === 'object' ? parseNumber(value, field) : parseName(value, field);

const parseNumber: Parser<{ readonly lockedOut: number }> = (value, field) => {
  const { lockedOut } = parseObject(value, field, ['lockedOut']);
  if (typeof lockedOut === 'number' && Number.isSafeInteger(lockedOut) && lockedOut >= 0) return { lockedOut };
  throw new InvalidValue(`${field}.lockedOut`, 'a whole number of users from 0 on', lockedOut);
};
