import type { RecordedEvent } from './event.js';
import { wrong } from '../values/wrong.js';

/** The events a reader wants, by the category of their streams. A filter by type would tear appends apart. */
export interface EventFilter {
  readonly categories: readonly string[];
}

/** @throws RangeError when it does not name categories. */
export function demandFilter(filter: unknown): void {
  const isObject = typeof filter === 'object' && filter !== null;
  const categories: unknown = isObject ? Reflect.get(filter, 'categories') : undefined;
  if (Array.isArray(categories) && categories.every((category) => typeof category === 'string')) return;
  throw isObject
    ? wrong('filter.categories', 'a list of categories', categories)
    : wrong('filter', 'an object with categories', filter);
}

/** Decides whether a reader wants an event. */
export type EventPredicate = (event: Pick<RecordedEvent, 'streamId'>) => boolean;

/** The filter as a test of one event; without a filter every event passes. */
export function filterPredicate(filter: EventFilter | undefined): EventPredicate {
  if (filter === undefined) return () => true;
  const prefixes = filter.categories.map((category) => `${category}-`);
  return (event) => prefixes.some((prefix) => event.streamId.startsWith(prefix));
}

/** Names of streams in byte order: from one on, and before another one; without that, all after it. */
export type NameRange = readonly [from: string, before?: string];

const ALL_NAMES: readonly NameRange[] = [['']];

/** The names that pass the filter: a range for each category. All "Category-…" come before "Category.". */
export function nameRanges(filter: EventFilter | undefined): readonly NameRange[] {
  if (filter === undefined) return ALL_NAMES;
  return [...new Set(filter.categories)].sort().map((category) => [`${category}-`, `${category}.`]);
}
