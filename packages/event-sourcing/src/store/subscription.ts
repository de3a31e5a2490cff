import { isFault } from '../is-fault.js';
import { onAbort } from '../on-abort.js';
import { filterPredicate } from '../streams/event-filter.js';
import type { ReadAllOptions, SubscriptionMessage } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import { pagesOf, pageSizeOf } from '../streams/paging.js';
import { laterPosition, START, type Position } from '../streams/position.js';
import { yieldToLoop } from '../yield-to-loop.js';
import type { Reader } from './feed.js';
import type { Listener } from './listener.js';

/** Joins what is read for all from a position on, unless that stands at a place which is not in the store any more. */
export type Join = (position: Position, lost: Position | undefined) => Listener<RecordedEvent>;

type Messages = AsyncGenerator<SubscriptionMessage, void, undefined>;

/** What one subscriber works with. */
interface SubscriptionParts {
  readonly read: Reader;
  readonly join: Join;
  readonly options: ReadAllOptions | undefined;
  /** Fires when its reader has left, and once there is no more to hand out. */
  readonly left: AbortController;
}

/** Each event once and in order, because each read and each news begins where the last one ended. */
export class Subscription {
  readonly #parts: SubscriptionParts;
  readonly #pageSize: number;
  #reached: Position;
  #announced: Position | undefined;
  /** Where others stand that this one can't get to: the log was replaced, as by a restore. */
  #lost: Position | undefined;
  /** When the store was asked for the head that was reached last. */
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
    const listener = this.#parts.join(this.#reached, this.#lost);
    // Also while nobody asks for the next message.
    onAbort(this.#parts.left.signal, listener.leave);
    try {
      // What was written between the read and the joining.
      const { from = START } = listener;
      if (this.#reached < from) yield* this.#readToEnd();
      if (this.#reached < from) this.#lost = from;
      else yield* this.#listen(listener);
    } catch (caught) {
      // It may be others who stand where nothing is: each finds out for itself by reading on from where it is.
      if (!isFault(caught, 'position-unknown')) throw caught;
    } finally {
      listener.leave();
    }
  }

  /** Reads to the end of the store. */
  async *#readToEnd(): Messages {
    const { read } = this.#parts;
    const left = this.#parts.left.signal;
    for (let isHead = false; !left.aborted && !isHead;) {
      const now = performance.now();
      const ahead = await read(this.#reached);
      ({ isHead } = ahead);
      this.#askedAt = ahead.askedAt ?? now;
      this.#reached = laterPosition(this.#reached, ahead.considered);
      if (ahead.events.length > 0) yield { kind: 'events', events: ahead.events, position: this.#reached };
      // Who catches up with a long log keeps nobody else waiting.
      if (!isHead && !left.aborted) await yieldToLoop();
    }
  }

  /** Until more was written than is kept for a slow reader: then it is read again. */
  async *#listen(listener: Listener<RecordedEvent>): Messages {
    const { options } = this.#parts;
    const left = this.#parts.left.signal;
    const isWanted = filterPredicate(options?.filter);
    for (let isHead = true; !left.aborted;) {
      if (isHead && (this.#announced === undefined || this.#reached > this.#announced)) {
        this.#announced = this.#reached;
        yield { kind: 'caught-up', position: this.#reached, askedAt: this.#askedAt };
      }
      const news = await listener.next(left);
      if (news === undefined || news === 'missed') return;
      ({ isHead } = news);
      this.#askedAt = news.askedAt ?? -Infinity;
      const events = news.items.filter((event) => event.position > this.#reached && isWanted(event));
      for (const page of pagesOf(events, this.#pageSize)) {
        this.#reached = page.at(-1)?.position ?? this.#reached;
        yield { kind: 'events', events: page, position: this.#reached };
        if (left.aborted) return;
      }
      this.#reached = laterPosition(this.#reached, news.position);
    }
  }
}
