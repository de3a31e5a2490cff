import type { ReadModelDefinition } from './projection.js';
import type { RowQuery } from './read-model-store.js';

/** One value that a row is found by. */
export type IndexEntry = readonly [index: string, value: string];

const DEFAULT_LIMIT = 100;
const LARGEST_LIMIT = 10_000;

/**
 * How many rows a query wants at most.
 *
 * @throws RangeError when it is not a whole number from 1 to 10,000.
 */
export function rowLimitOf(query: RowQuery): number {
  const limit = query.limit ?? DEFAULT_LIMIT;
  if (Number.isInteger(limit) && limit >= 1 && limit <= LARGEST_LIMIT) return limit;
  throw new RangeError(`limit is a whole number from 1 to ${LARGEST_LIMIT}, not ${limit}`);
}

/** What a store keeps of a row to find it by: each value once, after the name of its index. */
export function indexEntries<Row>(definition: ReadModelDefinition<Row>, row: Row): readonly IndexEntry[] {
  const entries: IndexEntry[] = [];
  for (const [index, given] of Object.entries(definition.index?.(row) ?? {})) {
    if (typeof given === 'string') entries.push([index, given]);
    else for (const value of eachOnce(given)) entries.push([index, value]);
  }
  return entries;
}

/** Of one value there is nothing to compare. */
function eachOnce(values: readonly string[]): Iterable<string> {
  return values.length < 2 ? values : new Set(values);
}

/** The entries that are not among the others. */
export function entriesBeside(entries: readonly IndexEntry[], others: readonly IndexEntry[]): readonly IndexEntry[] {
  if (others.length === 0) return entries;
  if (entries.length * others.length <= FEW) {
    return entries.filter(([index, value]) => !others.some((other) => other[1] === value && other[0] === index));
  }
  const names = new Set(others.map(entryName));
  return entries.filter((entry) => !names.has(entryName(entry)));
}

/** So many pairs are compared sooner than names are made. */
const FEW = 400;

function entryName([index, value]: IndexEntry): string {
  return `${index.length} ${index}${value}`;
}

/** The order of keys: by their UTF-8 bytes, which is the order of their code points. */
export function compareKeys(left: string, right: string): number {
  if (left === right) return 0;
  const [one, other] = [left[Symbol.iterator](), right[Symbol.iterator]()];
  for (;;) {
    const [point, otherPoint] = [codePointOf(one.next()), codePointOf(other.next())];
    if (point !== otherPoint) return point - otherPoint;
  }
}

/** Before every other, where the text has ended. */
function codePointOf({ value }: IteratorResult<string, undefined>): number {
  return value?.codePointAt(0) ?? -1;
}
