import type { RecordedEvent } from './event.js';

/** Which events a reader wants: those of some categories of streams. By types an append would come apart. */
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

/** Whether a reader with this filter wants the event. For many events make a {@link filterPredicate} once. */
export function matchesFilter(filter: EventFilter | undefined, event: Pick<RecordedEvent, 'streamId'>): boolean {
  return filterPredicate(filter)(event);
}
