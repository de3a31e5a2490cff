import type { RecordedEvent } from './event.js';

/** The events a reader wants, by the category of their streams. A filter by type would tear appends apart. */
export interface EventFilter {
  readonly categories: readonly string[];
}

/** Decides whether a reader wants an event. */
export type EventPredicate = (event: Pick<RecordedEvent, 'streamId'>) => boolean;

/** The filter as a test of one event; without a filter every event passes. */
export function filterPredicate(filter: EventFilter | undefined): EventPredicate {
  if (filter === undefined) return () => true;
  const prefixes = filter.categories.map((category) => `${category}-`);
  return (event) => prefixes.some((prefix) => event.streamId.startsWith(prefix));
}
