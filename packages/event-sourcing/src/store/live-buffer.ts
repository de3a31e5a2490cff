import { onAbort } from '../on-abort.js';
import type { Position } from '../streams/position.js';

/** What was read since the subscriber last asked. */
export interface LiveItems<Item> {
  readonly items: readonly Item[];
  /** All events up to here have been read. */
  readonly position: Position;
  /** Whether this was the head of the store. */
  readonly reachedHead: boolean;
  /** When the store was asked for its head, by `performance.now()`; `undefined` when it was not asked. */
  readonly askedAt?: number;
}

/** The most items buffered for a slow subscriber. After that it reads the store itself. */
const MOST_ITEMS = 2000;

/** The live items of one subscriber: buffers what the feed reads until the subscriber asks. */
export class LiveBuffer<Item> {
  /** The position after which the items begin; `undefined`: at the first item received. */
  readonly from: Position | undefined;
  /** Unsubscribes. Idempotent. */
  readonly leave: () => void;
  #pending: LiveItems<Item> | undefined;
  #hasMissed = false;
  #failure: { readonly fault: unknown } | undefined;
  #wake: () => void = () => undefined;

  constructor(from: Position | undefined, onLeave: () => void) {
    this.from = from;
    this.leave = onLeave;
  }

  /** For the feed: buffers new items. */
  push(live: LiveItems<Item>): void {
    const before = this.#pending?.items ?? [];
    if (before.length + live.items.length > MOST_ITEMS) {
      this.#hasMissed = true;
      this.#pending = undefined;
    } else if (!this.#hasMissed) {
      this.#pending = before.length === 0 ? live : { ...live, items: [...before, ...live.items] };
    }
    this.#wake();
  }

  /** For the feed: ends the subscriber with this fault. */
  fail(fault: unknown): void {
    this.#failure = { fault };
    this.#wake();
  }

  /** The items received, or the next ones; `missed` when the buffer overflowed; `undefined` when `signal` fired. */
  async next(signal: AbortSignal): Promise<LiveItems<Item> | 'missed' | undefined> {
    while (this.#isEmpty && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const stopListening = onAbort(signal, resolve);
        this.#wake = () => {
          stopListening();
          resolve();
        };
      });
    }
    if (signal.aborted) return undefined;
    if (this.#failure !== undefined) throw this.#failure.fault;
    if (this.#hasMissed) return 'missed';
    const live = this.#pending;
    this.#pending = undefined;
    return live;
  }

  get #isEmpty(): boolean {
    return this.#pending === undefined && !this.#hasMissed && this.#failure === undefined;
  }
}
