import { revision, type RecordedEvent, type Revision, type StreamId } from '@login-policy/event-sourcing';
import {
  followedInAppend,
  revisionAfter,
  type ReadStreamOptions,
  type StreamPage,
  type StreamPart,
  type WaitOptions,
} from '@login-policy/event-sourcing/store';
import { backOff } from './timeouts.js';
import { historyReplaced } from './faults.js';
import { partialAppendFault, isFollowedBy, isWhole } from './partial-appends.js';
import type { Page, StreamReader } from './stream-reader.js';
import type { StoredEvent } from './record-codec.js';
import type { ReadingContext } from './server-reads.js';

/** Past the end of every stream. A backwards read from here begins at the end of its stream. */
const PAST_THE_END = 2n ** 63n - 1n;
/** The most records read at once. */
const MOST_AT_ONCE = 10_000;

/** A part of a stream to read. */
interface WantedPart extends WaitOptions {
  readonly streamId: StreamId;
  readonly from: Revision;
  readonly count: number;
  /** Whether the part begins with the last event of the previous part. */
  readonly isJoined: boolean;
}

/** Reads streams for callers: whole appends only. */
export class WholeStreams {
  readonly #context: ReadingContext;
  readonly #streams: StreamReader;

  constructor(context: ReadingContext, streams: StreamReader) {
    this.#context = context;
    this.#streams = streams;
  }

  /**
   * A part of one stream. Waits for the rest of an incomplete append, for at most `stallMs`.
   *
   * @throws UnreadableEvent at an event of an incomplete append, after everything before it was returned.
   * @throws StoreUnavailable when the event before the part no longer exists.
   */
  async part(streamId: StreamId, part: StreamPart, wait: WaitOptions = {}): Promise<StreamPage> {
    const { isForwards, after } = part;
    // The event before the part is read again, to check that the part continues the same history.
    const from = after?.revision ?? revision(part.from);
    const count = part.count + (after === undefined ? 0 : 1);
    const wanted: WantedPart = { streamId, from, count, isJoined: after !== undefined, signal: wait.signal };
    const { events, isLast } = await (isForwards ? this.#forwards(wanted) : this.#backwards(wanted));
    if (after === undefined) return { events, isLast };
    if (events[0]?.id !== after.id) throw historyReplaced(streamId, after.revision);
    return { events: events.slice(1), isLast };
  }

  async #backwards({ from, ...wanted }: WantedPart): Promise<StreamPage> {
    const events: RecordedEvent[] = [];
    const begin = from >= PAST_THE_END ? {} : { from };
    for await (const page of this.#pages(wanted, { ...begin, direction: 'backwards', limit: wanted.count }))
      events.push(...page.map(({ event }) => event));
    return { events, isLast: events.length < wanted.count };
  }

  async #forwards(wanted: WantedPart): Promise<StreamPage> {
    const appends = new WholeAppends(wanted);
    const events: RecordedEvent[] = [];
    for (let attempt = 1; ; attempt++) {
      let received = 0;
      for await (const page of this.#pages(wanted, appends.wanted)) {
        received += page.length;
        events.push(...appends.add(page).map(({ event }) => event));
      }
      const { broken, firstIncomplete } = appends;
      if (broken !== undefined) return beforePartialAppend(broken, events, wanted);
      if (appends.isDone) return { events, isLast: false };
      if (firstIncomplete !== undefined && received > 0) continue;
      if (firstIncomplete === undefined) return { events, isLast: true };
      if (this.#context.partialAppends.isCutOff(firstIncomplete.position))
        return beforePartialAppend(firstIncomplete, events, wanted);
      await backOff(Math.min(attempt, 3), wanted.signal);
    }
  }

  #pages({ streamId, count, signal }: Omit<WantedPart, 'from'>, options: ReadStreamOptions): AsyncIterable<Page> {
    return this.#streams.pages(streamId, { ...options, pageSize: Math.min(count, MOST_AT_ONCE), signal });
  }
}

/**
 * The events before an incomplete append.
 *
 * @throws UnreadableEvent when these events were already returned by an earlier call.
 */
function beforePartialAppend(
  first: RecordedEvent,
  events: readonly RecordedEvent[],
  { isJoined }: WantedPart,
): StreamPage {
  if (events.length > (isJoined ? 1 : 0)) return { events, isLast: false };
  throw partialAppendFault(first);
}

/** Groups the events of a stream into whole appends. */
class WholeAppends {
  /** The first event of an append that will never be complete. */
  broken: RecordedEvent | undefined;
  #next: Revision;
  #incomplete: StoredEvent[] = [];
  #remaining: number;
  /** Until the first append is complete: a read may begin within an append, and gets the rest of it. */
  #mayBeginInside: boolean;

  constructor({ from, count }: Pick<WantedPart, 'count' | 'from'>) {
    this.#next = from;
    this.#remaining = count;
    this.#mayBeginInside = from > 0n;
  }

  /** The first event of an append whose last event has not arrived. */
  get firstIncomplete(): RecordedEvent | undefined {
    return this.#incomplete[0]?.event;
  }

  /** Whether everything wanted has been returned. */
  get isDone(): boolean {
    return this.#remaining <= 0 && this.#incomplete.length === 0;
  }

  /** The next part to read. It may go past the wanted part, to the end of an append. */
  get wanted(): Pick<ReadStreamOptions, 'from' | 'limit'> {
    const last = this.#incomplete.at(-1)?.event;
    const limit = Math.max(this.#remaining - this.#incomplete.length, last === undefined ? 0 : followedInAppend(last));
    return { from: this.#next, limit };
  }

  /** Adds events, and returns the wanted ones whose append is complete. */
  add(page: Page): Page {
    const whole: StoredEvent[] = [];
    for (const stored of page) {
      const last = this.#incomplete.at(-1)?.event;
      if (last !== undefined && !isFollowedBy(last, stored.event)) this.broken ??= this.firstIncomplete;
      if (this.broken !== undefined) break;
      this.#incomplete.push(stored);
      this.#next = revisionAfter(stored.event.revision);
      if (followedInAppend(stored.event) > 0) continue;
      if (!this.#mayBeginInside && !isWhole(this.#incomplete)) this.broken = this.firstIncomplete;
      else whole.push(...this.#incomplete.splice(0));
      this.#mayBeginInside = false;
    }
    const wanted = whole.slice(0, this.#remaining);
    this.#remaining -= wanted.length;
    return wanted;
  }
}
