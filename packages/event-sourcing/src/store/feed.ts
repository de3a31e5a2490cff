import type { ReadAllOptions, SubscriptionMessage } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import { pageSizeOf } from '../streams/paging.js';
import { START, type Position } from '../streams/position.js';
import { yieldToLoop } from '../yield-to-loop.js';
import { isFault } from '../is-fault.js';
import { leavable } from './leavable.js';
import { LiveBuffer } from './live-buffer.js';
import { Subscription, type Join } from './subscription.js';

/** The next events after a position. */
export interface ReadAhead {
  /** Whole appends. */
  readonly events: readonly RecordedEvent[];
  /** All events up to here were scanned; those that pass the filter are in `events`. */
  readonly scannedUpTo: Position;
  /** Whether `scannedUpTo` was the head of the store. */
  readonly reachedHead: boolean;
  /**
   * When the store was asked for its head, by `performance.now()`; `-Infinity` when it was not asked. Default: when
   * this read began.
   */
  readonly askedAt?: number;
}

/** Reads the next events after a position. */
export type Reader = (after: Position) => Promise<ReadAhead>;

/** A read that its signal has ended returns no events instead of an error, because its caller has left. */
function emptyWhenAborted(read: Reader, signal: AbortSignal | undefined): Reader {
  return async (after) => {
    try {
      return await read(after);
    } catch (caught) {
      if (!isAborted(signal) || !isFault(caught, 'deadline-exceeded')) throw caught;
      return { events: [], scannedUpTo: after, reachedHead: true };
    }
  };
}

/** Implements `EventStore.readAll` by reading page after page. It yields to the event loop in between. */
export async function* readThrough(
  reader: Reader,
  after: Position = START,
  signal?: AbortSignal,
): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
  const read = emptyWhenAborted(reader, signal);
  let reached = after;
  while (!isAborted(signal)) {
    const { events, scannedUpTo, reachedHead } = await read(reached);
    if (isAborted(signal)) return;
    reached = scannedUpTo;
    if (events.length > 0) yield events;
    if (reachedHead) return;
    await yieldToLoop();
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** How a polled store finds new events. */
export interface Source {
  /**
   * Creates a reader with these options. It ends at `signal`, and not at that of the options.
   *
   * @throws RangeError when the page size is out of range.
   */
  reader(options: ReadAllOptions | undefined, signal: AbortSignal): Reader;
  /** Creates the reader of the feed itself, if it differs: it may wait until there are more events. */
  live?(signal: AbortSignal): Reader;
  /** Resolves when there may be more events. Called before the store is read, so that no change is missed. */
  changed(signal: AbortSignal): Promise<void>;
}

/**
 * The shared part of all catch-up subscriptions of a store. Each subscriber reads the existing events on its own, and
 * then receives the new events from the feed. The feed reads them once for all subscribers, and only while there are
 * any.
 */
export class Feed {
  readonly #source: Source;
  #run: FeedRun | undefined;

  constructor(source: Source) {
    this.#source = source;
  }

  /** Implements `EventStore.subscribe`. @throws RangeError when the page size is out of range. */
  subscribe(options?: ReadAllOptions): AsyncIterable<SubscriptionMessage> {
    pageSizeOf(options);
    return leavable(options?.signal, (left) => {
      const read = emptyWhenAborted(this.#source.reader(options, left.signal), left.signal);
      const join: Join = (position, lost) => this.#join(position, lost);
      return new Subscription({ read, join, options, left }).messages();
    });
  }

  /**
   * Joins the current run of the feed. A new run begins at `position` if there is none, if it is over, or if it is at
   * the position `lost`, which is not in the log any more.
   */
  #join(position: Position, lost: Position | undefined): LiveBuffer<RecordedEvent> {
    const run = this.#run;
    const isUsable = run !== undefined && !run.isOver && run.position !== lost;
    this.#run = isUsable ? run : new FeedRun(this.#source, position);
    return this.#run.join();
  }
}

/** One run of the feed: from its first subscriber until the last one leaves, or to a fault. */
class FeedRun {
  readonly #source: Source;
  /** Aborts when the last subscriber has left, or after a fault. */
  readonly #left = new AbortController();
  readonly #buffers = new Set<LiveBuffer<RecordedEvent>>();
  #position: Position;
  /** Whether that was the head. */
  #isAtHead = true;

  constructor(source: Source, position: Position) {
    this.#source = source;
    this.#position = position;
    this.#follow().catch((fault: unknown) => this.#fail(fault));
  }

  get position(): Position {
    return this.#position;
  }

  get isOver(): boolean {
    return this.#left.signal.aborted;
  }

  join(): LiveBuffer<RecordedEvent> {
    const buffer = new LiveBuffer<RecordedEvent>(this.#position, () => {
      this.#buffers.delete(buffer);
      if (this.#buffers.size === 0) this.#left.abort();
    });
    this.#buffers.add(buffer);
    return buffer;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#left;
    const read = emptyWhenAborted(this.#source.live?.(signal) ?? this.#source.reader(undefined, signal), signal);
    while (!signal.aborted) {
      const change = this.#source.changed(signal);
      // It may fail while the store is read; awaited below.
      change.catch(() => undefined);
      for (let reachedHead = false; !reachedHead && !signal.aborted;) {
        const askedAt = performance.now();
        const ahead = await read(this.#position);
        ({ reachedHead } = ahead);
        this.#distribute({ askedAt, ...ahead });
        if (!reachedHead) await yieldToLoop();
      }
      await change;
    }
  }

  #distribute({ events, scannedUpTo, reachedHead, askedAt = -Infinity }: ReadAhead): void {
    // An empty page may be what tells that the head is reached.
    const isNews = scannedUpTo > this.#position || (scannedUpTo === this.#position && reachedHead && !this.#isAtHead);
    if (!isNews) return;
    this.#position = scannedUpTo;
    this.#isAtHead = reachedHead;
    for (const buffer of this.#buffers) buffer.push({ items: events, position: scannedUpTo, reachedHead, askedAt });
  }

  #fail(fault: unknown): void {
    for (const buffer of this.#buffers) buffer.fail(fault);
    this.#left.abort();
  }
}
