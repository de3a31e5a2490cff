import type { RecordedEvent } from './event.js';

/**
 * Which events a reader wants: those of some categories of streams, or those of some types, whatever their stream. One
 * of the two, because that is what every store can do on its own side.
 */
export type EventFilter =
  | { readonly by: 'category'; readonly categories: readonly string[] }
  | { readonly by: 'type'; readonly types: readonly string[] };

/** Decides whether a reader wants an event. */
export type EventPredicate = (event: Pick<RecordedEvent, 'type' | 'streamId'>) => boolean;

/** The filter as a test of one event; without a filter every event passes. */
export function filterPredicate(filter: EventFilter | undefined): EventPredicate {
  if (filter === undefined) return () => true;
  if (filter.by === 'type') {
    const types = new Set(filter.types);
    return (event) => types.has(event.type);
  }
  const prefixes = filter.categories.map((category) => `${category}-`);
  return (event) => prefixes.some((prefix) => event.streamId.startsWith(prefix));
}

/** Whether a reader with this filter wants the event. For many events make a {@link filterPredicate} once. */
export function matchesFilter(
  filter: EventFilter | undefined,
  event: Pick<RecordedEvent, 'type' | 'streamId'>,
): boolean {
  return filterPredicate(filter)(event);
}
