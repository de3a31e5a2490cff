import { onAbort } from '../on-abort.js';
import type { Position } from '../streams/position.js';

/** What was heard since one listened last. */
export interface News<Item> {
  readonly items: readonly Item[];
  /** All there are up to here have been heard. */
  readonly position: Position;
  /** Whether that was the end of the store. */
  readonly isHead: boolean;
  /** When the store was asked whether it is, by `performance.now()`; left out when it was not asked. */
  readonly askedAt?: number;
}

/** More than that is not kept for a slow one: it reads it for itself. */
const KEPT_ITEMS = 2000;

/** One of those who listen to a feed: what was written is kept for it until it asks. */
export class Listener<Item> {
  /** What is heard begins right after here; `undefined`: with what is heard first. */
  readonly from: Position | undefined;
  /** Ends it; twice is once. */
  readonly leave: () => void;
  #news: News<Item> | undefined;
  #hasMissed = false;
  #failure: { readonly fault: unknown } | undefined;
  #wake: () => void = () => undefined;

  constructor(from: Position | undefined, onLeave: () => void) {
    this.from = from;
    this.leave = onLeave;
  }

  /** For the feed: takes what came. */
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

  /** For the feed: there will be nothing more. */
  fail(fault: unknown): void {
    this.#failure = { fault };
    this.#wake();
  }

  /** What has come, or comes next; `missed` when it was too much to keep; `undefined` when `signal` fired. */
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
