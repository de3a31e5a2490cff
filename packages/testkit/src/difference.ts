import { isDeepStrictEqual, types } from 'node:util';

/** The first place where two values are not the same. */
export interface Difference {
  /** Its path, as code: `events[0].data.factor`. */
  readonly path: string;
  readonly actual: unknown;
  readonly expected: unknown;
}

/** Two values at the same path. */
interface Pair {
  readonly path: string;
  readonly actual: unknown;
  readonly expected: unknown;
}

/**
 * Compares two values deeply and returns the first difference; `undefined` when they are equal.
 *
 * A field that holds `undefined` differs from a missing one. Class instances are compared by their `equals` or else
 * their `toJSON`, so that a value with an internal cache, such as a luxon `Duration`, equals another one. Errors also by
 * their name, message, cause and errors, which are not enumerable.
 */
export function findDifference(actual: unknown, expected: unknown, path: string): Difference | undefined {
  const pair: Pair = { path, actual, expected };
  if (Object.is(actual, expected)) return undefined;
  if (!isObject(actual) || !isObject(expected) || kindOf(actual) !== kindOf(expected)) return pair;
  if (Array.isArray(actual) && Array.isArray(expected)) return inArrays(actual, expected, path);
  if (actual instanceof Map && expected instanceof Map) return inMaps(actual, expected, path);
  if (actual instanceof Set && expected instanceof Set) return inArrays([...actual], [...expected], path);
  if (typeof actual['equals'] === 'function') return callMethod(actual, 'equals', expected) === true ? undefined : pair;
  if (typeof actual['toJSON'] === 'function') {
    return findDifference(callMethod(actual, 'toJSON'), callMethod(expected, 'toJSON'), path) && pair;
  }
  if (isOpaque(actual)) return isDeepStrictEqual(actual, expected) ? undefined : pair;
  return inFields(withOwnFacts(actual), withOwnFacts(expected), path);
}

/** Whether an object of the language holds its value in no field, so that any two would look equal. */
function isOpaque(value: object): boolean {
  return types.isRegExp(value) || types.isBoxedPrimitive(value) || types.isAnyArrayBuffer(value);
}

const OF_ERRORS = ['name', 'message', 'cause', 'errors'];

/** The fields of an object, for an error with those that are not enumerable. */
function withOwnFacts(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (!(value instanceof Error)) return value;
  const hidden = OF_ERRORS.filter((name) => name === 'name' || Object.hasOwn(value, name));
  return Object.fromEntries([...hidden, ...Object.keys(value)].map((name) => [name, Reflect.get(value, name)]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** The class of an object; plain objects are one kind, with a prototype or without. */
function kindOf(value: object): unknown {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null ? Object.prototype : prototype;
}

function callMethod(object: Readonly<Record<string, unknown>>, method: string, ...args: readonly unknown[]): unknown {
  const member = object[method];
  return typeof member === 'function' ? Reflect.apply(member, object, args) : undefined;
}

function inArrays(actual: readonly unknown[], expected: readonly unknown[], path: string): Difference | undefined {
  for (let index = 0; index < Math.max(actual.length, expected.length); index++) {
    const itemPath = `${path}[${index}]`;
    if (index >= actual.length || index >= expected.length) {
      return { path: itemPath, actual: actual[index], expected: expected[index] };
    }
    const difference = findDifference(actual[index], expected[index], itemPath);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function inMaps(
  actual: ReadonlyMap<unknown, unknown>,
  expected: ReadonlyMap<unknown, unknown>,
  path: string,
): Difference | undefined {
  for (const key of new Set([...expected.keys(), ...actual.keys()])) {
    const itemPath = `${path}[${JSON.stringify(String(key))}]`;
    const pair = { path: itemPath, actual: actual.get(key), expected: expected.get(key) };
    if (actual.has(key) !== expected.has(key)) return pair;
    const difference = findDifference(pair.actual, pair.expected, itemPath);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function inFields(
  actual: Readonly<Record<string, unknown>>,
  expected: Readonly<Record<string, unknown>>,
  path: string,
): Difference | undefined {
  for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    const itemPath = /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
    const pair = { path: itemPath, actual: actual[key], expected: expected[key] };
    if (Object.hasOwn(actual, key) !== Object.hasOwn(expected, key)) return pair;
    const difference = findDifference(pair.actual, pair.expected, itemPath);
    if (difference !== undefined) return difference;
  }
  return undefined;
}
