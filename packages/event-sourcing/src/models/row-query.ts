import { demandPlain } from '../options/parse-options.js';
import { demandString, wrong } from '../values/wrong.js';
import type { IndexEntry } from './projection.js';
import type { RowCount, RowQuery } from './read-model-store.js';

/** Rows are counted up to here. A count of one more says that there are more: counting all of them would take long. */
export const MOST_COUNTED = 10_000;

const DEFAULT_LIMIT = 100;
const LARGEST_LIMIT = 10_000;

/**
 * The limit of a query, whose members are checked.
 *
 * @throws RangeError naming the member: the limit must be a whole number from 1 to 10,000.
 */
export function rowLimitOf(query: RowQuery): number {
  demandIndexAndValue(query, 'a query of rows');
  const { afterKey = '', beforeKey = '', direction = 'forwards', limit = DEFAULT_LIMIT } = query;
  demandString('afterKey', afterKey);
  demandString('beforeKey', beforeKey);
  if (direction !== 'forwards' && direction !== 'backwards')
    throw wrong('direction', 'forwards or backwards', direction);
  if (Number.isInteger(limit) && limit >= 1 && limit <= LARGEST_LIMIT) return limit;
  throw wrong('limit', `a whole number from 1 to ${LARGEST_LIMIT}`, limit);
}

function demandIndexAndValue(query: Exclude<RowCount, 'all'>, of: string): void {
  if (query === undefined) throw wrong(of, 'an object with index and value', query);
  demandPlain(query, of);
  demandString('index', query.index);
  demandString('value', query.value);
}

/** @throws RangeError when it is not a list of texts. */
export function demandKeys(keys: readonly string[]): void {
  if (!Array.isArray(keys)) throw wrong('keys', 'a list of texts', keys);
  for (const key of keys) if (typeof key !== 'string') throw wrong('keys', 'a list of texts', key);
}

/** A number of rows: under a value, counted up to the limit, or all. */
export type WantedCount =
  (Exclude<RowCount, 'all'> & { readonly wanted: 'count'; readonly limit: number }) | { readonly wanted: 'size' };

/** The query for a number of rows. */
export function wantedCount(query: RowCount): WantedCount {
  if (query === 'all') return { wanted: 'size' };
  demandIndexAndValue(query, 'a count of rows');
  return { ...query, limit: MOST_COUNTED + 1, wanted: 'count' };
}

/** The entries that the other list lacks. */
export function entriesBeside(entries: readonly IndexEntry[], others: readonly IndexEntry[]): readonly IndexEntry[] {
  if (others.length === 0) return entries;
  if (entries.length * others.length <= FEW) {
    return entries.filter(([index, value]) => !others.some((other) => other[1] === value && other[0] === index));
  }
  const names = new Set(others.map(entryName));
  return entries.filter((entry) => !names.has(entryName(entry)));
}

/** Up to this many pairs, comparing each with each is faster than building a set of names. */
const FEW = 400;

/** One text for an entry, different from that of any other. */
export function entryName([index, value]: IndexEntry): string {
  return `${index.length} ${index}${value}`;
}

/** The order of keys: by UTF-8 bytes, which is the order of code points. */
export function compareKeys(left: string, right: string): number {
  if (left === right) return 0;
  const [one, other] = [left[Symbol.iterator](), right[Symbol.iterator]()];
  for (;;) {
    const [point, otherPoint] = [codePointOf(one.next()), codePointOf(other.next())];
    if (point !== otherPoint) return point - otherPoint;
  }
}

/** The end of a text comes before every code point. */
function codePointOf({ value }: IteratorResult<string, undefined>): number {
  return value?.codePointAt(0) ?? -1;
}
