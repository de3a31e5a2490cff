import { InvalidValue, type Parser } from './invalid-value.js';

const LONGEST_ID = 200;
const LONGEST_REASON = 2000;
/** Control characters and lone surrogates. A surrogate pair is one code point and does not match `Cs`. */
const UNFIT = /[\p{Cc}\p{Cs}]/u;
/** Only white space and characters that nobody sees, such as a zero width space or Braille's blank pattern. */
const BLANK = /^[\s\p{Default_Ignorable_Code_Point}\u2800]*$/u;
const UNFIT_IN_PROSE = /(?![\n\t]|\r\n)[\p{Cc}\p{Cs}]/u;

/** Accepts any text, for recorded data: the rules of input may have changed since. */
export const parseText: Parser<string> = (value, field) => {
  if (typeof value === 'string') return value;
  throw new InvalidValue(field, 'text', value);
};

/**
 * Parses an id of others: 1 to 200 characters, no white space at its ends, no control characters or lone surrogates
 * (docs/reference/limits.md).
 */
export const parseId: Parser<string> = (value, field) => {
  const expected = 'an id of 1 to 200 characters without control characters or lone surrogates';
  if (typeof value !== 'string' || isLongerThan(value, LONGEST_ID) || UNFIT.test(value)) {
    throw new InvalidValue(field, expected, value);
  }
  if (BLANK.test(value)) throw new InvalidValue(field, value === '' ? expected : 'an id that is not blank', value);
  // HTTP takes such spaces off a header, so that the API could not name it, and would answer of another one.
  if (value !== value.trim()) throw new InvalidValue(field, 'an id without white space at its ends', value);
  return value;
};

/** Parses text for people: up to 2,000 characters, with line breaks and tabs but no other control characters. */
export const parseProse: Parser<string> = (value, field) => {
  const expected = 'text of at most 2,000 characters without control characters or lone surrogates';
  if (typeof value !== 'string' || isLongerThan(value, LONGEST_REASON) || UNFIT_IN_PROSE.test(value)) {
    throw new InvalidValue(field, expected, value);
  }
  return value;
};

/** Whether the text has more code points than that. It stops counting there. */
function isLongerThan(text: string, most: number): boolean {
  if (text.length <= most) return false;
  return text.length > 2 * most || Array.from(text).length > most;
}
