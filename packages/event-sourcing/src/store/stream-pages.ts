import { Fault } from '../fault.js';
import type { ReadStreamOptions } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import { limitOf, pageSizeOf } from '../streams/paging.js';
import type { StreamId } from '../streams/stream-id.js';

/** The largest revision any store keeps. */
const LAST_REVISION = 2n ** 63n - 1n;

/** A part of a stream: a number of events from a revision on. */
export interface StreamPart {
  readonly isForwards: boolean;
  readonly from: bigint;
  readonly count: number;
  /**
   * The last event of the part before. Where the history may have been replaced in between, as in a failover, the store
   * checks in the same step that this event is still there: one read returns one history.
   */
  readonly after: RecordedEvent | undefined;
}

/** The events of a part, as many as one read returns. */
export interface StreamPage {
  readonly events: readonly RecordedEvent[];
  /** Whether no events of the stream follow. */
  readonly isLast: boolean;
}

/** How a store reads its streams. */
export interface StreamSource {
  /** The store's name, for faults. */
  readonly store: string;
  /** The events of a part in its direction: as many as one read returns, and none only where none are left. */
  readonly read: (part: StreamPart) => StreamPage | Promise<StreamPage>;
}

/**
 * Implements `EventStore.readStream` by reading part after part. Revisions begin at 0 without gaps, so an event that
 * was deleted or moved is noticed.
 *
 * @throws StoreDamaged that names the missing revision.
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
  // A backwards read begins wherever the stream ends.
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
 * The pages of one stream after another.
 *
 * @throws StoreDamaged as {@link streamThrough} does.
 */
export async function* withoutGaps(
  store: string,
  pages: AsyncIterable<readonly RecordedEvent[]>,
): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
  let last: RecordedEvent | undefined;
  for await (const page of pages) {
    for (const event of page) {
      const due = event.streamId === last?.streamId ? last.revision + 1n : 0n;
      if (event.revision !== due) throw lostFrom(store, event.streamId, due);
      last = event;
    }
    yield page;
  }
}

function lostFrom(store: string, streamId: StreamId, revision: bigint | undefined): Fault<'store-damaged'> {
  return new Fault('store-damaged', { store, problem: `${streamId} has no event at revision ${revision}` });
}
