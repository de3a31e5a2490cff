import { StoreDamaged } from '../faults.js';
import type { ReadStreamOptions } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import { limitOf, pageSizeOf } from '../streams/paging.js';
import type { StreamId } from '../streams/stream-id.js';

/** No store keeps a revision beyond. */
const LAST_REVISION = 2n ** 63n - 1n;

/** A part of a stream: so many events at the most, from that revision on. */
export interface StreamPart {
  readonly isForwards: boolean;
  readonly from: bigint;
  readonly count: number;
  /**
   * The last event of the part before. Where another history may have come since, as with a server that took over, the store looks in the same step
   * whether it is there still: one read is of one history.
   */
  readonly after: RecordedEvent | undefined;
}

/** The events of a part, as many as could be read at once. */
export interface StreamPage {
  readonly events: readonly RecordedEvent[];
  /** Whether the stream has nothing behind them. */
  readonly isLast: boolean;
}

/** How a store reads its streams. */
export interface StreamSource {
  /** The store, for faults to say. */
  readonly store: string;
  /** The events of a part, in its direction: as many as could be read at once, none only where there are none. */
  readonly read: (part: StreamPart) => StreamPage | Promise<StreamPage>;
}

/**
 * What `EventStore.readStream` promises, by reading part after part. A stream begins at 0 and leaves none out: an event that was taken
 * away, or put elsewhere, is noticed by the next read over its place.
 *
 * @throws StoreDamaged naming the revision that should be there and is not.
 */
export async function* streamThrough(
  streamId: StreamId,
  { store, read }: StreamSource,
  options?: ReadStreamOptions,
): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
  const pageSize = pageSizeOf(options);
  const isForwards = options?.direction !== 'backwards';
  const behind = (due: bigint | undefined, { events, isLast }: StreamPage): bigint | undefined => {
    let next = due;
    for (const { revision } of events) {
      if (next !== undefined && revision !== next) throw lostFrom(store, streamId, next);
      next = isForwards ? revision + 1n : revision - 1n;
    }
    const isCutOff = isLast && !isForwards && next !== undefined && next >= 0n;
    if (isCutOff) throw lostFrom(store, streamId, next);
    return next;
  };
  let from: bigint = options?.from ?? (isForwards ? 0n : LAST_REVISION);
  if (!isForwards && from > LAST_REVISION) from = LAST_REVISION;
  // Backwards a read begins wherever the stream ends.
  let due = isForwards ? from : undefined;
  let after: RecordedEvent | undefined;
  for (let left = limitOf(options); left > 0 && from >= 0n && from <= LAST_REVISION;) {
    const page = await read({ isForwards, from, count: Math.min(pageSize, left), after });
    due = behind(due, page);
    if (page.events.length > 0) yield page.events;
    if (page.isLast || page.events.length === 0 || due === undefined) return;
    left -= page.events.length;
    after = page.events.at(-1);
    from = due;
  }
}

/**
 * For a read of one stream after another. `before` is the last event that came before these.
 *
 * @throws StoreDamaged as {@link streamThrough} does.
 */
export function refuseGaps(store: string, before: RecordedEvent | undefined, events: readonly RecordedEvent[]): void {
  let last = before;
  for (const event of events) {
    const due = event.streamId === last?.streamId ? last.revision + 1n : 0n;
    if (event.revision !== due) throw lostFrom(store, event.streamId, due);
    last = event;
  }
}

function lostFrom(store: string, streamId: StreamId, revision: bigint | undefined): StoreDamaged {
  return new StoreDamaged({ store, problem: `${streamId} has no event at revision ${revision}` });
}
