import type { RecordedEvent } from './event.js';
import { categoryOf } from './stream-id.js';

/**
 * Which events a reader wants: those of some categories of streams, or those of some types, whatever their stream. One
 * of the two, because that is what every store can do on its own side.
 */
export type EventFilter =
  | { readonly by: 'category'; readonly categories: readonly string[] }
  | { readonly by: 'type'; readonly types: readonly string[] };

/** Whether a reader with this filter wants the event; without a filter he wants all. */
export function matchesFilter(
  filter: EventFilter | undefined,
  event: Pick<RecordedEvent, 'type' | 'streamId'>,
): boolean {
  if (filter === undefined) return true;
  if (filter.by === 'type') return filter.types.includes(event.type);
  return filter.categories.includes(categoryOf(event.streamId));
}
