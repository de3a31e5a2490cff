import { isFault } from '../is-fault.js';
import { onAbort } from '../on-abort.js';
import { filterPredicate } from '../streams/event-filter.js';
import type { ReadAllOptions, SubscriptionMessage } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import { pagesOf, pageSizeOf } from '../streams/paging.js';
import { laterPosition, START, type Position } from '../streams/position.js';
import { yieldToLoop } from '../yield-to-loop.js';
import type { Reader } from './feed.js';
import type { LiveBuffer, LiveItems } from './live-buffer.js';

/**
 * Joins the running feed: see `Feed`. `lost` is a position that the log no longer has. A feed that stands there is
 * replaced by one that begins at `position`.
 */
export type Join = (position: Position, lost: Position | undefined) => LiveBuffer<RecordedEvent>;

type Messages = AsyncGenerator<SubscriptionMessage, void, undefined>;

/** What a subscription needs. */
interface SubscriptionParts {
  readonly read: Reader;
  readonly join: Join;
  readonly options: ReadAllOptions | undefined;
  /** Aborts when the subscriber has left, or nothing more will come. */
  readonly left: AbortController;
}

/** One catch-up subscription: each event once and in order, because each read begins where the last one ended. */
export class Subscription {
  readonly #parts: SubscriptionParts;
  readonly #pageSize: number;
  #reached: Position;
  #announced: Position | undefined;
  /** A position of the feed past the end of the log, because the log was replaced, as by a restore. */
  #lost: Position | undefined;
  /** When the store was last asked for its head. */
  #askedAt = -Infinity;

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
    this.#pageSize = pageSizeOf(parts.options);
    this.#reached = parts.options?.after ?? START;
  }

  async *messages(): Messages {
    const { left } = this.#parts;
    try {
      while (!left.signal.aborted) {
        yield* this.#readToEnd();
        if (!left.signal.aborted) yield* this.#follow();
      }
    } finally {
      left.abort();
    }
  }

  async *#follow(): Messages {
    const buffer = this.#parts.join(this.#reached, this.#lost);
    // Leaves the feed at once, even while the subscriber does not ask for the next message.
    const stopListening = onAbort(this.#parts.left.signal, buffer.leave);
    try {
      // Reads the events that were written after the last read and before the feed began.
      const { from = START } = buffer;
      if (this.#reached < from) yield* this.#readToEnd();
      if (this.#reached < from) this.#lost = from;
      else yield* this.#passOn(buffer);
    } catch (caught) {
      // The unknown position may be the feed's. This subscriber continues from its own; if that is unknown, too, its
      // next read throws.
      if (!isFault(caught, 'position-unknown')) throw caught;
    } finally {
      stopListening();
      buffer.leave();
    }
  }

  /** Reads up to the head of the store. */
  async *#readToEnd(): Messages {
    const { read } = this.#parts;
    const left = this.#parts.left.signal;
    for (let reachedHead = false; !left.aborted && !reachedHead;) {
      const now = performance.now();
      const ahead = await read(this.#reached);
      ({ reachedHead } = ahead);
      this.#askedAt = ahead.askedAt ?? now;
      this.#reached = laterPosition(this.#reached, ahead.scannedUpTo);
      if (ahead.events.length > 0) yield { kind: 'events', events: ahead.events, position: this.#reached };
      // Catching up with a long log must not block the event loop.
      if (!reachedHead && !left.aborted) await yieldToLoop();
    }
  }

  /**
   * Hands out what the feed reads. Returns when the store has to be read again: the buffer overflowed, or the feed
   * passed this subscriber's position without finding its event, because the log was replaced meanwhile.
   */
  async *#passOn(buffer: LiveBuffer<RecordedEvent>): Messages {
    const { options } = this.#parts;
    const left = this.#parts.left.signal;
    const isWanted = filterPredicate(options?.filter);
    let isJoined = buffer.from === this.#reached;
    for (let reachedHead = true; !left.aborted;) {
      if (reachedHead && (this.#announced === undefined || this.#reached > this.#announced)) {
        this.#announced = this.#reached;
        yield { kind: 'caught-up', position: this.#reached, askedAt: this.#askedAt };
      }
      const live = await buffer.next(left);
      if (live === undefined || live === 'missed') return;
      isJoined ||= this.#isAmong(live);
      if (!isJoined && live.position > this.#reached) return;
      ({ reachedHead } = live);
      this.#askedAt = live.askedAt ?? -Infinity;
      const events = live.items.filter((event) => event.position > this.#reached && isWanted(event));
      for (const page of pagesOf(events, this.#pageSize)) {
        this.#reached = page.at(-1)?.position ?? this.#reached;
        yield { kind: 'events', events: page, position: this.#reached };
        if (left.aborted) return;
      }
      this.#reached = laterPosition(this.#reached, live.position);
    }
  }

  /** Whether the feed read the event that this subscriber reached, so that both read the same history. */
  #isAmong({ items, position }: LiveItems<RecordedEvent>): boolean {
    return position === this.#reached || items.some((event) => event.position === this.#reached);
  }
}
