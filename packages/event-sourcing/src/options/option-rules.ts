import { isSignal } from '../values/on-abort.js';
import { joinInWords } from '../values/shown.js';
import { invalidOption, checkOptions, type OptionRule, type OptionRules } from './parse-options.js';

/** The longest time a JavaScript timer can wait, in milliseconds. */
export const LONGEST_TIMER_MS: number = 2 ** 31 - 1;

/** A rule whose message says what was expected: `url must be an https URL, not 5`. */
export function mustBe(expected: string, isOne: (value: unknown) => boolean): OptionRule {
  return (given) => {
    if (!isOne(given.value)) throw invalidOption(given, expected);
  };
}

/** Lets an option be left out or `undefined`. */
export function optional(rule: OptionRule): OptionRule {
  return (given) => {
    if (given.value !== undefined) rule(given);
  };
}

/**
 * Lets an option be left out, but not be `undefined`. For options that restrict something: a caller whose value is
 * `undefined` by mistake gets an error, instead of a call without the restriction.
 */
export function leftOutOr(rule: OptionRule): OptionRule {
  return (given) => {
    if (given.isGiven) rule(given);
  };
}

/** A whole number between two numbers, inclusive. */
export function wholeNumber(from: number, to: number): OptionRule {
  return mustBe(
    `a whole number from ${formatted(from)} to ${formatted(to)}`,
    (value) => Number.isSafeInteger(value) && Number(value) >= from && Number(value) <= to,
  );
}

/** A number between two numbers, inclusive. */
export function numberBetween(from: number, to: number): OptionRule {
  return mustBe(
    `a number from ${formatted(from)} to ${formatted(to)}`,
    (value) => typeof value === 'number' && value >= from && value <= to,
  );
}

function formatted(limit: number): string {
  return limit.toLocaleString('en-US');
}

/** One of these values. */
export function oneOf(...values: readonly (string | boolean)[]): OptionRule {
  const names = values.map((value) => JSON.stringify(value));
  const all = names.length === 2 ? names.join(' or ') : `one of ${joinInWords(names)}`;
  return mustBe(all, (value) => values.some((one) => one === value));
}

/** A string that is not empty. */
export const nonEmptyString: OptionRule = mustBe(
  'a non-empty string',
  (value) => typeof value === 'string' && value !== '',
);

/** A function. */
export const aFunction: OptionRule = mustBe('a function', (value) => typeof value === 'function');

export { isSignal };

/** An `AbortSignal`, of any implementation. */
export const aSignal: OptionRule = mustBe('an AbortSignal', isSignal);

/** A list whose items all match. */
export function listOf(items: string, isItem: (item: unknown) => boolean): OptionRule {
  return mustBe(`a list of ${items}`, (value) => Array.isArray(value) && value.every(isItem));
}

/** An object of any class with these methods. */
export function withMethods(...methods: readonly string[]): OptionRule {
  return mustBe(
    `an object with the method${methods.length === 1 ? '' : 's'} ${joinInWords(methods)}`,
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      methods.every((name) => typeof Reflect.get(value, name) === 'function'),
  );
}

/** Nested options, each with its rule. */
export function optionsWith<Options>(rules: OptionRules<Options>): OptionRule {
  return (given) => checkOptions(given, rules);
}
