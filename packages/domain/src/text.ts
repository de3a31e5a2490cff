import { InvalidValue, type Parser } from './invalid-value.js';

const LONGEST_ID = 200;
const LONGEST_REASON = 2000;
const CONTROL = /\p{Cc}/u;
const CONTROL_IN_PROSE = /[^\P{Cc}\n\t]/u;

/** Takes an id as others give it: 1 to 200 characters, none of them a control character or a lone surrogate (SPEC §4). */
export const parseId: Parser<string> = (value, field) => {
  const expected = 'an id of 1 to 200 characters without control characters or lone surrogates';
  if (typeof value !== 'string' || value === '' || isLongerThan(value, LONGEST_ID)) {
    throw new InvalidValue(field, expected, value);
  }
  if (!value.isWellFormed() || CONTROL.test(value)) throw new InvalidValue(field, expected, value);
  return value;
};

/** Takes free text for people: up to 2,000 characters; line breaks and tabs may be in it, other control characters not. */
export const parseProse: Parser<string> = (value, field) => {
  const expected = 'text of at most 2,000 characters without control characters or lone surrogates';
  if (typeof value !== 'string' || isLongerThan(value, LONGEST_REASON)) throw new InvalidValue(field, expected, value);
  if (!value.isWellFormed() || CONTROL_IN_PROSE.test(value)) throw new InvalidValue(field, expected, value);
  return value;
};

/** Whether the text has more characters (code points) than that. Looks at no more of it than it has to. */
function isLongerThan(text: string, most: number): boolean {
  if (text.length <= most) return false;
  return text.length > 2 * most || Array.from(text).length > most;
}
