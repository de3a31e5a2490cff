import { Fault } from '../values/fault.js';
import { isFault } from '../values/is-fault.js';
import type { ReadAhead } from '../store/read-through.js';
import type { StreamPage, StreamPart } from '../store/stream-pages.js';
import { filterPredicate } from '../streams/event-filter.js';
import type { ReadStreamsOptions } from '../streams/event-store.js';
import { followedInAppend, type EventMetadata, type RecordedEvent } from '../streams/event.js';
import { pageSizeOf } from '../streams/paging.js';
import { ordinalOf, positionOf, START, type Position } from '../values/position.js';
import { revisionAfter } from '../values/revision.js';
import type { StreamId } from '../values/stream-id.js';
import { yieldToLoop } from '../values/yield-to-loop.js';
import { checkedRecorded } from './checked-append.js';
import type { LogRange } from './log-backend.js';

const SCANNED_AT_ONCE = 10_000;

/** Events in memory, in the order in which they were recorded. */
export class MemoryLog {
  readonly #log: RecordedEvent[] = [];
  readonly #streams = new Map<StreamId, RecordedEvent[]>();

  get head(): Position {
    return this.#log.at(-1)?.position ?? START;
  }

  /** The last event of a stream. */
  endOf(streamId: StreamId): RecordedEvent | undefined {
    return this.#streams.get(streamId)?.at(-1);
  }

  has(position: Position): boolean {
    return (this.#log[Number(ordinalOf(position)) - 1]?.position ?? START) === position;
  }

  record(event: RecordedEvent): void {
    const stream = this.#streams.get(event.streamId);
    if (stream === undefined) this.#streams.set(event.streamId, [event]);
    else stream.push(event);
    this.#log.push(event);
  }

  /** Replaces the metadata of an event. Whether it is there. */
  erase(
    { id, revision, streamId }: Pick<RecordedEvent, 'id' | 'revision' | 'streamId'>,
    metadata: EventMetadata,
  ): boolean {
    const stream = this.#streams.get(streamId) ?? [];
    const event = stream[Number(revision)];
    if (event?.id !== id) return false;
    const erased = Object.freeze({ ...event, metadata });
    stream[Number(revision)] = erased;
    this.#log[Number(ordinalOf(event.position)) - 1] = erased;
    return true;
  }

  /**
   * Adds events recorded elsewhere. Their ids, revisions and times stay; they get new positions.
   *
   * @throws RangeError when a stream has a gap, or for an event that no store would have recorded.
   */
  restore(history: readonly RecordedEvent[]): void {
    for (const [index, event] of history.entries()) {
      const metadata = metadataOf(event, index);
      const expected = revisionAfter(this.endOf(event.streamId)?.revision);
      if (event.revision !== expected) {
        throw new RangeError(`expected revision ${expected} of ${event.streamId}, got ${event.revision}`);
      }
      const position = positionOf(this.#log.length + 1, event.id);
      this.record(Object.freeze({ ...event, metadata, position }));
    }
  }

  readStream(streamId: StreamId, { isForwards, from, count }: StreamPart): StreamPage {
    const all = this.#streams.get(streamId) ?? [];
    const first = isForwards ? Number(from) : Math.min(Number(from), all.length - 1);
    const events = isForwards
      ? all.slice(first, first + count)
      : all.slice(Math.max(first - count + 1, 0), first + 1).reverse();
    return { events, isLast: events.length < count };
  }

  readLog(after: Position, { filter, pageSize }: LogRange): ReadAhead {
    if (!this.has(after)) throw new Fault('position-unknown', { position: after, head: this.head });
    const isWanted = filterPredicate(filter);
    const start = Number(ordinalOf(after));
    const end = Math.min(this.#log.length, start + SCANNED_AT_ONCE);
    const events: RecordedEvent[] = [];
    let next = start;
    for (let followed = 0; followed > 0 || (next < end && events.length < pageSize); next++) {
      const event = this.#log[next];
      if (event === undefined) break;
      if (isWanted(event)) events.push(event);
      followed = followedInAppend(event);
    }
    const scannedUpTo = this.#log[next - 1]?.position ?? START;
    return { events, scannedUpTo, reachedHead: next >= this.#log.length };
  }

  /** One stream after another, each up to a position. */
  async *readStreams({
    upTo,
    filter,
    signal,
    ...options
  }: ReadStreamsOptions): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    const pageSize = pageSizeOf(options);
    const isWanted = filterPredicate(filter);
    let page: RecordedEvent[] = [];
    for (const [streamId, events] of this.#streams) {
      if (!isWanted({ streamId })) continue;
      // Sliced first, because events may be appended while a page is being read.
      for (const event of events.slice(0, events.findLastIndex(({ position }) => position <= upTo) + 1)) {
        if (signal?.aborted === true) return;
        if (page.push(event) < pageSize) continue;
        yield page;
        page = [];
        await yieldToLoop();
      }
    }
    if (page.length > 0) yield page;
  }
}

function metadataOf(event: RecordedEvent, index: number): EventMetadata {
  try {
    return checkedRecorded(event);
  } catch (caught) {
    if (!isFault(caught, 'unserialisable-data')) throw caught;
    throw new RangeError(`history[${index}]: ${caught.message}`, { cause: caught });
  }
}
