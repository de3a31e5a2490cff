import { isFault } from '../is-fault.js';
import { onAbort } from '../on-abort.js';
import { filterPredicate } from '../streams/event-filter.js';
import type { ReadAllOptions, SubscriptionMessage } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import { pagesOf, pageSizeOf } from '../streams/paging.js';
import { laterPosition, START, type Position } from '../streams/position.js';
import { yieldToLoop } from '../yield-to-loop.js';
import { Listener } from './listener.js';

/** What a store found when it looked for the next events after a position. */
export interface ReadAhead {
  /** Whole appends. */
  readonly events: readonly RecordedEvent[];
  /** All events up to here have been looked at; those the filter wants are in `events`. */
  readonly considered: Position;
  /** Whether that was the end of the store. */
  readonly isHead: boolean;
  /** When the store was asked whether it is, by `performance.now()`; `-Infinity` when it was not asked. Left out: with this look. */
  readonly askedAt?: number;
}

/** Looks for the next events after a position. */
export type Reader = (after: Position) => Promise<ReadAhead>;

/** A look that was broken off by its signal has found nothing: nobody waits for it any more. */
export function quietly(look: Reader, signal: AbortSignal | undefined): Reader {
  return async (after) => {
    try {
      return await look(after);
    } catch (caught) {
      if (!isAborted(signal) || !isFault(caught, 'deadline-exceeded')) throw caught;
      return { events: [], considered: after, isHead: true };
    }
  };
}

/** What `EventStore.readAll` promises, by looking ahead again and again: others have their turn between two looks. */
export async function* readThrough(
  look: Reader,
  { after = START, signal }: ReadAllOptions = {},
): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
  const read = quietly(look, signal);
  let reached = after;
  while (!isAborted(signal)) {
    const { events, considered, isHead } = await read(reached);
    if (isAborted(signal)) return;
    reached = considered;
    if (events.length > 0) yield events;
    if (isHead) return;
    await yieldToLoop();
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** How a store that is read, not told, looks for more. */
export interface Source {
  /** A way to read on by these options, until their signal fires. @throws RangeError when the page size is out of its range. */
  reader(options?: ReadAllOptions): Reader;
  /** The way the feed itself reads on, where that is another one: it may wait until there is more. */
  live?(signal: AbortSignal): Reader;
  /** Resolves when there may be more; asked before the store is read, so that nothing slips in between. */
  changed(signal: AbortSignal): Promise<void>;
}

/**
 * The one reader of what is written, for all subscribers of a store: each reads history by itself and at its own pace, then is handed
 * what the feed reads. It reads once a change, however many listen, and only while somebody does.
 */
export class Feed {
  readonly #source: Source;
  #run: FeedRun | undefined;

  constructor(source: Source) {
    this.#source = source;
  }

  /** What `EventStore.subscribe` promises. @throws RangeError when the page size is out of its range. */
  subscribe(options?: ReadAllOptions): AsyncIterable<SubscriptionMessage> {
    pageSizeOf(options);
    return {
      [Symbol.asyncIterator]: () => {
        const left = new AbortController();
        const takeBack = onAbort(options?.signal, () => left.abort());
        onAbort(left.signal, takeBack);
        const read = quietly(this.#source.reader({ ...options, signal: left.signal }), left.signal);
        const join = (position: Position): Listener<RecordedEvent> => this.#join(position);
        const messages = new Subscription({ read, join, options, left }).messages();
        return {
          next: () => messages.next(),
          // A generator that waits can't hear that its reader is gone: it is woken first.
          return: () => {
            left.abort();
            return messages.return();
          },
        };
      },
    };
  }

  #join(position: Position): Listener<RecordedEvent> {
    if (this.#run === undefined || this.#run.isOver) this.#run = new FeedRun(this.#source, position);
    return this.#run.join();
  }
}

/** From the first listener to the last, or to a fault. */
class FeedRun {
  readonly #source: Source;
  readonly #left = new AbortController();
  readonly #listeners = new Set<Listener<RecordedEvent>>();
  #position: Position;

  constructor(source: Source, position: Position) {
    this.#source = source;
    this.#position = position;
    this.#follow().catch((fault: unknown) => this.#fail(fault));
  }

  get isOver(): boolean {
    return this.#left.signal.aborted;
  }

  join(): Listener<RecordedEvent> {
    const listener = new Listener<RecordedEvent>(this.#position, () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#left.abort();
    });
    this.#listeners.add(listener);
    return listener;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#left;
    const read = quietly(this.#source.live?.(signal) ?? this.#source.reader({ signal }), signal);
    while (!signal.aborted) {
      const change = this.#source.changed(signal);
      for (let isHead = false; !isHead && !signal.aborted;) {
        const askedAt = performance.now();
        const ahead = await read(this.#position);
        ({ isHead } = ahead);
        this.#hand({ askedAt, ...ahead });
        if (!isHead) await yieldToLoop();
      }
      await change;
    }
  }

  #hand({ events, considered, isHead, askedAt = -Infinity }: ReadAhead): void {
    if (considered <= this.#position) return;
    this.#position = considered;
    for (const listener of this.#listeners) listener.hear({ items: events, position: considered, isHead, askedAt });
  }

  #fail(fault: unknown): void {
    for (const listener of this.#listeners) listener.fail(fault);
    this.#left.abort();
  }
}

type Messages = AsyncGenerator<SubscriptionMessage, void, undefined>;

/** What one subscriber works with. */
interface SubscriptionParts {
  readonly read: Reader;
  readonly join: (position: Position) => Listener<RecordedEvent>;
  readonly options: ReadAllOptions | undefined;
  /** Fires when its reader has left, and once there is no more to hand out. */
  readonly left: AbortController;
}

/** Each event once and in order, because each read and each news begins where the last one ended. */
class Subscription {
  readonly #parts: SubscriptionParts;
  readonly #pageSize: number;
  #reached: Position;
  #announced: Position | undefined;
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
        yield* this.#readTo(START);
        if (!left.signal.aborted) yield* this.#follow();
      }
    } finally {
      left.abort();
    }
  }

  async *#follow(): Messages {
    const listener = this.#parts.join(this.#reached);
    // Also while nobody asks for the next message.
    onAbort(this.#parts.left.signal, listener.leave);
    try {
      // What was written between the read and the joining.
      const { from = START } = listener;
      if (this.#reached < from) yield* this.#readTo(from);
      yield* this.#listen(listener);
    } finally {
      listener.leave();
    }
  }

  /** Reads to the end of the store, which is at `place` at the least. */
  async *#readTo(place: Position): Messages {
    const { read } = this.#parts;
    const left = this.#parts.left.signal;
    for (let isHead = false; !left.aborted && (!isHead || this.#reached < place);) {
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
