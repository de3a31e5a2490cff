/** The first place where two values are not the same. */
export interface Difference {
  /** Where it is, as one would write it in code: `events[0].data.factor`. */
  readonly path: string;
  readonly actual: unknown;
  readonly expected: unknown;
}

/** Two values at one place. */
interface Pair {
  readonly path: string;
  readonly actual: unknown;
  readonly expected: unknown;
}

/**
 * Compares two values to their depths and names the first difference; `undefined` when there is none.
 *
 * A field that holds `undefined` is not the same as none. Objects of a class are asked themselves, by their `equals`
 * or else their `toJSON`, so that a value with a cache inside, as a luxon `Duration` is, equals another of the same worth.
 */
export function findDifference(actual: unknown, expected: unknown, path: string): Difference | undefined {
  const pair: Pair = { path, actual, expected };
  if (Object.is(actual, expected)) return undefined;
  if (!isObject(actual) || !isObject(expected) || kindOf(actual) !== kindOf(expected)) return pair;
  if (Array.isArray(actual) && Array.isArray(expected)) return inArrays(actual, expected, path);
  if (actual instanceof Map && expected instanceof Map) return inMaps(actual, expected, path);
  if (actual instanceof Set && expected instanceof Set) return inArrays([...actual], [...expected], path);
  if (typeof actual['equals'] === 'function') return ask(actual, 'equals', expected) === true ? undefined : pair;
  if (typeof actual['toJSON'] === 'function') {
    return findDifference(ask(actual, 'toJSON'), ask(expected, 'toJSON'), path) && pair;
  }
  return inFields(actual, expected, path);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** What an object is an instance of; plain objects are one kind, with a prototype or without. */
function kindOf(value: object): unknown {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null ? Object.prototype : prototype;
}

function ask(object: Readonly<Record<string, unknown>>, method: string, ...given: readonly unknown[]): unknown {
  const answer = object[method];
  return typeof answer === 'function' ? Reflect.apply(answer, object, given) : undefined;
}

function inArrays(actual: readonly unknown[], expected: readonly unknown[], path: string): Difference | undefined {
  for (let index = 0; index < Math.max(actual.length, expected.length); index++) {
    const place = `${path}[${index}]`;
    if (index >= actual.length || index >= expected.length) {
      return { path: place, actual: actual[index], expected: expected[index] };
    }
    const difference = findDifference(actual[index], expected[index], place);
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
    const place = `${path}[${JSON.stringify(String(key))}]`;
    const pair = { path: place, actual: actual.get(key), expected: expected.get(key) };
    if (actual.has(key) !== expected.has(key)) return pair;
    const difference = findDifference(pair.actual, pair.expected, place);
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
    const place = /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
    const pair = { path: place, actual: actual[key], expected: expected[key] };
    if (Object.hasOwn(actual, key) !== Object.hasOwn(expected, key)) return pair;
    const difference = findDifference(pair.actual, pair.expected, place);
    if (difference !== undefined) return difference;
  }
  return undefined;
}
