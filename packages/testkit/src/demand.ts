import { AssertionError } from 'node:assert';
import { inspect } from 'node:util';
import { findDifference } from './difference.js';

/** Two values to compare, and their name in the message. */
export interface Comparison {
  readonly what: string;
  readonly actual: unknown;
  readonly expected: unknown;
}

/** Checks that both values are deeply equal. @throws AssertionError that names the first difference, with a diff. */
export function demandSame({ what, actual, expected }: Comparison): void {
  const difference = findDifference(actual, expected, what);
  if (difference === undefined) return;
  const { path } = difference;
  const message = `${path} is ${print(difference.actual)}, and ${print(difference.expected)} was expected`;
  fail(message, { actual, expected });
}

/** Fails a test. @throws AssertionError always, with a diff if values are given. */
export function fail(message: string, values?: Shown): never {
  throw failure(message, values);
}

/** The expected and the actual value. */
export interface Shown {
  readonly actual: unknown;
  readonly expected: unknown;
}

/** Makes the error of a failed test. */
export function failure(message: string, values?: Shown): Error {
  if (values === undefined) return new AssertionError({ message, operator: 'fail' });
  const shown = { actual: print(values.actual), expected: print(values.expected) };
  return Object.assign(new AssertionError({ message, ...shown, operator: 'fail' }), { showDiff: true });
}

/** Formats any value for people; long objects with one field a line. */
export function print(value: unknown): string {
  return inspect(value, { depth: null, sorted: true, maxArrayLength: null, maxStringLength: 2000 });
}
