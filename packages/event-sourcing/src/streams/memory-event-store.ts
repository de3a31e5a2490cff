import type { Clock } from '../clock.js';
import { refuseOver, type WaitOptions } from '../deadline.js';
import { StoreClosed } from '../faults.js';
import { checkedAppend } from '../store/checked-append.js';
import { Feed, readThrough, type Reader } from '../store/feed.js';
import { Notifier } from '../store/notifier.js';
import { recordedEvents, refusalOf } from '../store/placing.js';
import { streamThrough, type StreamPage, type StreamPart } from '../store/stream-pages.js';
import { yieldToLoop } from '../yield-to-loop.js';
import type { EventId } from '../ids.js';
import type { EventFilter } from './event-filter.js';
import type {
  Append,
  EventStore,
  ReadAllOptions,
  ReadStreamOptions,
  ReadStreamsOptions,
  Receipt,
  SubscriptionMessage,
} from './event-store.js';
import { followedInAppend, type RecordedEvent } from './event.js';
import { pageSizeOf } from './paging.js';
import { placeIn, positionOf, START, type Position } from './position.js';
import { demandAll, holds } from './memory-log.js';
import { notBefore } from './recording.js';
import { revisionAfter, type Revision } from './revision.js';
import { categoryOf, type StreamId } from './stream-id.js';

/** What is kept up to date inside an append: first computed, which may throw, then put into effect, which can't. */
export type KeepInStep = (events: readonly RecordedEvent[]) => () => void;

/** The events of one stream. Its name and category are one string each, for all its events. */
interface StreamLog {
  readonly id: StreamId;
  readonly category: string;
  readonly events: RecordedEvent[];
}

const NAME = 'the memory store';
const SCANNED_AT_ONCE = 10_000;

/** Events in this process's memory: for tests, replays and trying things out. All of the port, nothing kept. */
export class MemoryEventStore implements EventStore {
  readonly #clock: Clock;
  readonly #keep: KeepInStep;
  readonly #log: RecordedEvent[] = [];
  /** The category of each event of the log: comparing it is cheaper than looking into the stream's name. */
  readonly #categories: string[] = [];
  readonly #knownCategories = new Map<string, string>();
  readonly #streams = new Map<StreamId, StreamLog>();
  readonly #receipts = new Map<StreamId, Map<string, Receipt>>();
  readonly #notifier = new Notifier();
  readonly #feed = new Feed({
    reader: (options) => this.#reader(options),
    changed: (signal) => this.#notifier.changed(signal),
  });
  #isClosed = false;

  constructor(clock: Clock, keep: KeepInStep) {
    this.#clock = clock;
    this.#keep = keep;
  }

  async append(append: Append): Promise<readonly RecordedEvent[]> {
    this.#refuseWhenClosed();
    const { streamId, receipt } = append;
    refuseOver(`appending to ${streamId}`, append);
    const checked = checkedAppend(append);
    const stream = this.#streams.get(streamId) ?? this.#begun(streamId);
    const last = stream.events.at(-1);
    const hasReceipt = receipt !== undefined && this.#receipts.get(streamId)?.has(receipt.key) === true;
    const refusal = refusalOf(checked, { last, hasReceipt });
    if (refusal !== undefined) throw refusal;
    const recorded = recordedEvents(
      { ...checked, streamId: stream.id },
      {
        after: last?.revision,
        recordedAt: notBefore(last?.recordedAt, this.#clock()),
        position: (index, { id }) => this.#after(index, id),
      },
    );
    this.#record(stream, recorded);
    this.#keepReceipt(checked, recorded.at(-1)?.revision ?? last?.revision);
    return recorded;
  }

  /** Takes in events as they were recorded elsewhere: ids, revisions and instants stay, positions are counted anew. */
  restore(history: readonly RecordedEvent[]): void {
    for (const event of history) {
      const stream = this.#streams.get(event.streamId) ?? this.#begun(event.streamId);
      const expected = revisionAfter(stream.events.at(-1)?.revision);
      if (event.revision !== expected) {
        throw new RangeError(`${event.streamId} goes on at revision ${expected}, not ${event.revision}`);
      }
      this.#record(stream, [Object.freeze({ ...event, position: this.#after(0, event.id) })]);
    }
  }

  readStream(
    streamId: StreamId,
    options?: ReadStreamOptions,
  ): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    const read = (part: StreamPart): StreamPage => this.#partOf(streamId, part, options);
    return streamThrough(streamId, { store: NAME, read }, options);
  }

  readAll(options?: ReadAllOptions): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    return readThrough(this.#reader(options), options);
  }

  async *readStreams({
    upTo,
    filter,
    signal,
    ...options
  }: ReadStreamsOptions): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    const pageSize = pageSizeOf(options);
    let page: RecordedEvent[] = [];
    for (const { category, events } of this.#streams.values()) {
      if (filter?.categories.includes(category) === false) continue;
      // Taken now: while a page is handed out, events come that are not wanted.
      const wanted = events.slice(0, events.findLastIndex(({ position }) => position <= upTo) + 1);
      for (const event of wanted) {
        if (signal?.aborted === true) return;
        if (page.push(event) < pageSize) continue;
        yield page;
        page = [];
        await yieldToLoop();
        this.#refuseWhenClosed();
      }
    }
    if (page.length > 0) yield page;
  }

  subscribe(options?: ReadAllOptions): AsyncIterable<SubscriptionMessage> {
    return this.#feed.subscribe(options);
  }

  async receipt(streamId: StreamId, key: string, wait?: WaitOptions): Promise<Receipt | undefined> {
    refuseOver(`reading ${streamId}`, wait);
    this.#refuseWhenClosed();
    return this.#receipts.get(streamId)?.get(key);
  }

  async head(wait?: WaitOptions): Promise<Position> {
    refuseOver('looking for the last event', wait);
    this.#refuseWhenClosed();
    return this.#head;
  }

  async knows(position: Position, wait?: WaitOptions): Promise<boolean> {
    refuseOver('looking for an event', wait);
    this.#refuseWhenClosed();
    return holds(this.#log, position);
  }

  /** All events, for the read models beside it. */
  get log(): readonly RecordedEvent[] {
    return this.#log;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#notifier.notify();
  }

  #after(count: number, id: EventId): Position {
    return positionOf(this.#log.length + count + 1, id);
  }

  #record(stream: StreamLog, recorded: readonly RecordedEvent[]): void {
    if (recorded.length === 0) return;
    const takeEffect = this.#keep(recorded);
    if (stream.events.length === 0) this.#streams.set(stream.id, stream);
    for (const event of recorded) {
      stream.events.push(event);
      this.#log.push(event);
      this.#categories.push(stream.category);
    }
    takeEffect();
    this.#notifier.notify();
  }

  /** A stream that is there once its first events are recorded. */
  #begun(id: StreamId): StreamLog {
    return { id, category: this.#intern(categoryOf(id)), events: [] };
  }

  #keepReceipt({ streamId, receipt }: Append, last: Revision | undefined): void {
    if (receipt === undefined || last === undefined) return;
    const kept = this.#receipts.get(streamId) ?? new Map<string, Receipt>();
    kept.set(receipt.key, Object.freeze({ ...receipt, revision: last }));
    this.#receipts.set(streamId, kept);
  }

  #partOf(streamId: StreamId, { isForwards, from, count }: StreamPart, wait?: WaitOptions): StreamPage {
    refuseOver(`reading ${streamId}`, wait);
    this.#refuseWhenClosed();
    const all = this.#streams.get(streamId)?.events ?? [];
    const first = isForwards ? Number(from) : Math.min(Number(from), all.length - 1);
    const events = isForwards
      ? all.slice(first, first + count)
      : all.slice(Math.max(first - count + 1, 0), first + 1).reverse();
    return { events, isLast: events.length < count };
  }

  #reader(options: ReadAllOptions | undefined): Reader {
    const pageSize = pageSizeOf(options);
    const isWanted = this.#wanted(options?.filter);
    return async (after) => {
      this.#refuseWhenClosed();
      const events: RecordedEvent[] = [];
      demandAll(this.#log, [after]);
      const start = Number(placeIn(after));
      const end = Math.min(this.#log.length, start + SCANNED_AT_ONCE);
      let next = Math.min(start, end);
      for (let owed = 0; owed > 0 || (next < end && events.length < pageSize); next++) {
        const event = this.#log[next];
        if (event === undefined) break;
        if (isWanted(next)) events.push(event);
        // Of what is not wanted nothing is owed, but its place is passed as a whole all the same.
        owed = followedInAppend(event);
      }
      const considered = this.#log[next - 1]?.position ?? START;
      return { events, considered, isHead: next >= this.#log.length };
    };
  }

  get #head(): Position {
    return this.#log.at(-1)?.position ?? START;
  }

  #intern(category: string): string {
    const known = this.#knownCategories.get(category);
    if (known === undefined) this.#knownCategories.set(category, category);
    return known ?? category;
  }

  #wanted(filter: EventFilter | undefined): (place: number) => boolean {
    if (filter === undefined) return () => true;
    return (place) => filter.categories.includes(this.#categories[place] ?? '');
  }

  #refuseWhenClosed(): void {
    if (this.#isClosed) throw new StoreClosed({ store: NAME });
  }
}
