import { inWords } from './shown.js';
import { invalidOption, refuseOptions, type OptionRule, type OptionRules } from './parse-options.js';

/** The longest time that a timer of JavaScript holds, in milliseconds. */
export const LONGEST_TIMER_MS: number = 2 ** 31 - 1;

/** An option must be this, or is refused in these words: `url must be an address of https, not 5`. */
export function mustBe(expected: string, isOne: (value: unknown) => boolean): OptionRule {
  return (given) => {
    if (!isOne(given.value)) throw invalidOption(given, expected);
  };
}

/** The option may be left out, or be `undefined`, which is the same. */
export function optional(rule: OptionRule): OptionRule {
  return (given) => {
    if (given.value !== undefined) rule(given);
  };
}

/**
 * The option may be left out, but not be `undefined`: for those without which more is permitted, so that a value that got lost on its
 * way does not permit it.
 */
export function leftOutOr(rule: OptionRule): OptionRule {
  return (given) => {
    if (given.isGiven) rule(given);
  };
}

/** A whole number between two, both included. */
export function wholeNumber(from: number, to: number): OptionRule {
  return mustBe(
    `a whole number from ${inDigits(from)} to ${inDigits(to)}`,
    (value) => Number.isSafeInteger(value) && Number(value) >= from && Number(value) <= to,
  );
}

/** A number between two, both included. */
export function numberBetween(from: number, to: number): OptionRule {
  return mustBe(
    `a number from ${inDigits(from)} to ${inDigits(to)}`,
    (value) => typeof value === 'number' && value >= from && value <= to,
  );
}

function inDigits(limit: number): string {
  return limit.toLocaleString('en-US');
}

/** One of these values. */
export function oneOf(...values: readonly (string | boolean)[]): OptionRule {
  const names = values.map((value) => JSON.stringify(value));
  const all = names.length === 2 ? names.join(' or ') : `one of ${inWords(names)}`;
  return mustBe(all, (value) => values.some((one) => one === value));
}

/** A string that is not empty. */
export const nonEmptyString: OptionRule = mustBe(
  'a string that is not empty',
  (value) => typeof value === 'string' && value !== '',
);

/** A function. */
export const aFunction: OptionRule = mustBe('a function', (value) => typeof value === 'function');

/** A list whose items are each this. */
export function listOf(items: string, isItem: (item: unknown) => boolean): OptionRule {
  return mustBe(`a list of ${items}`, (value) => Array.isArray(value) && value.every(isItem));
}

/** An object of whatever class that has these methods. */
export function withMethods(...methods: readonly string[]): OptionRule {
  return mustBe(
    `an object with the method${methods.length === 1 ? '' : 's'} ${inWords(methods)}`,
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      methods.every((name) => typeof Reflect.get(value, name) === 'function'),
  );
}

/** Options within an option, each with its rule. */
export function optionsWith<Options>(rules: OptionRules<Options>): OptionRule {
  return (given) => refuseOptions(given, rules);
}
