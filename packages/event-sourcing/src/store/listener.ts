import { onAbort } from '../on-abort.js';
import type { Position } from '../streams/position.js';

/** What a listener received since it last asked. */
export interface News<Item> {
  readonly items: readonly Item[];
  /** The listener has received everything up to here. */
  readonly position: Position;
  /** Whether this was the head of the store. */
  readonly isHead: boolean;
  /** When the store was asked for its head, by `performance.now()`; `undefined` when it was not asked. */
  readonly askedAt?: number;
}

/** The most items buffered for a slow listener. After that it reads the store itself. */
const KEPT_ITEMS = 2000;

/** One subscriber of a feed: buffers what the feed read until the subscriber asks. */
export class Listener<Item> {
  /** The position after which the items begin; `undefined`: at the first item received. */
  readonly from: Position | undefined;
  /** Unsubscribes. Idempotent. */
  readonly leave: () => void;
  #news: News<Item> | undefined;
  #hasMissed = false;
  #failure: { readonly fault: unknown } | undefined;
  #wake: () => void = () => undefined;

  constructor(from: Position | undefined, onLeave: () => void) {
    this.from = from;
    this.leave = onLeave;
  }

  /** For the feed: buffers new items. */
  hear(news: News<Item>): void {
    const before = this.#news?.items ?? [];
    if (before.length + news.items.length > KEPT_ITEMS) {
      this.#hasMissed = true;
      this.#news = undefined;
    } else if (!this.#hasMissed) {
      this.#news = before.length === 0 ? news : { ...news, items: [...before, ...news.items] };
    }
    this.#wake();
  }

  /** For the feed: ends the listener with this fault. */
  fail(fault: unknown): void {
    this.#failure = { fault };
    this.#wake();
  }

  /** The items received, or the next ones; `missed` when the buffer overflowed; `undefined` when `signal` fired. */
  async next(signal: AbortSignal): Promise<News<Item> | 'missed' | undefined> {
    while (this.#isQuiet && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const takeBack = onAbort(signal, resolve);
        this.#wake = () => {
          takeBack();
          resolve();
        };
      });
    }
    if (signal.aborted) return undefined;
    if (this.#failure !== undefined) throw this.#failure.fault;
    if (this.#hasMissed) return 'missed';
    const news = this.#news;
    this.#news = undefined;
    return news;
  }

  get #isQuiet(): boolean {
    return this.#news === undefined && !this.#hasMissed && this.#failure === undefined;
  }
}
