import { onAbort } from '../on-abort.js';
import type { ReadAllOptions, SubscriptionMessage } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import { pageSizeOf } from '../streams/paging.js';
import { START, type Position } from '../streams/position.js';
import { yieldToLoop } from '../yield-to-loop.js';
import { Listener } from './listener.js';
import { quietly } from './quietly.js';
import { Subscription, type Join } from './subscription.js';

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
        const join: Join = (position, lost) => this.#join(position, lost);
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

  #join(position: Position, lost: Position | undefined): Listener<RecordedEvent> {
    const run = this.#run;
    const isUsable = run !== undefined && !run.isOver && run.position !== lost;
    this.#run = isUsable ? run : new FeedRun(this.#source, position);
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

  get position(): Position {
    return this.#position;
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
