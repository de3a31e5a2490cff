import { AssertionError } from 'node:assert';
import { inspect } from 'node:util';
import { findDifference } from './difference.js';

/** What is compared, and the word it goes by in the message. */
export interface Comparison {
  readonly what: string;
  readonly actual: unknown;
  readonly expected: unknown;
}

/** Passes when both are the same to their depths. @throws AssertionError naming the first difference, with a diff. */
export function demandSame({ what, actual, expected }: Comparison): void {
  const difference = findDifference(actual, expected, what);
  if (difference === undefined) return;
  const { path } = difference;
  const message = `${path} is ${print(difference.actual)}, and ${print(difference.expected)} was expected`;
  fail(message, { actual, expected });
}

/** Ends a test. @throws AssertionError always, with a diff when values are given. */
export function fail(message: string, values?: Shown): never {
  throw failure(message, values);
}

/** What was expected and what came instead. */
export interface Shown {
  readonly actual: unknown;
  readonly expected: unknown;
}

/** Makes the error that ends a test. */
export function failure(message: string, values?: Shown): Error {
  if (values === undefined) return new AssertionError({ message, operator: 'fail' });
  const shown = { actual: print(values.actual), expected: print(values.expected) };
  return Object.assign(new AssertionError({ message, ...shown, operator: 'fail' }), { showDiff: true });
}

/** Writes any value for a person, one field a line when it is long. */
export function print(value: unknown): string {
  return inspect(value, { depth: null, sorted: true, maxArrayLength: null, maxStringLength: 2000 });
}
