import type { Clock } from '../clock.js';
import type { Deadline } from '../deadline.js';
import type { EventFilter } from '../streams/event-filter.js';
import type { TimedEventStore } from '../streams/timed-event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import type { Position } from '../streams/position.js';

/** How far a projection is behind the store. */
export interface Lag {
  /** Events not yet reduced; counted up to 10,000, then {@link isAtLeast} is true. */
  readonly events: number;
  readonly isAtLeast: boolean;
  /** How long the oldest of them has been waiting; 0 when there is none. */
  readonly seconds: number;
}

const COUNTED_AT_MOST = 10_000;

/** Counts what there is after a checkpoint, by reading it. */
export async function lagAfter(
  after: Position,
  { store, filter, clock }: { readonly store: TimedEventStore; readonly filter: EventFilter; readonly clock: Clock },
  deadline: Deadline,
): Promise<Lag> {
  let events = 0;
  let oldest: RecordedEvent | undefined;
  for await (const page of store.readAll({ after, filter, pageSize: 1000 }, deadline)) {
    oldest ??= page[0];
    events += page.length;
    if (events >= COUNTED_AT_MOST) break;
  }
  const seconds = oldest === undefined ? 0 : Math.max(0, (clock() - oldest.recordedAt) / 1000);
  return { events: Math.min(events, COUNTED_AT_MOST), isAtLeast: events >= COUNTED_AT_MOST, seconds };
}
