import type { Position } from '@login-policy/event-sourcing';
import type { LogRecord } from './log-record.js';

/** What was heard since one listened last. */
export interface News {
  readonly records: readonly LogRecord[];
  /** All records of this store up to here have been heard, from the first place that was heard of on. */
  readonly looked: Position;
}

/** More than that is not kept for a slow one: it reads it for itself. */
const KEPT_RECORDS = 2000;

/** One of those who listen to a feed: what was written is kept for it until it asks. */
export class Listener {
  #records: LogRecord[] = [];
  #looked: Position | undefined;
  #hasMissed = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => undefined;

  /** Ends it; twice is once. */
  readonly leave: () => void;

  constructor(onLeave: () => void) {
    this.leave = onLeave;
  }

  /** For the feed: takes what came. */
  hear(records: readonly LogRecord[], looked: Position): void {
    if (this.#records.length + records.length > KEPT_RECORDS) this.#hasMissed = true;
    else this.#records.push(...records);
    this.#looked = looked;
    this.#wake();
  }

  /** For the feed: there will be nothing more. */
  fail(error: unknown): void {
    this.#failure = { error };
    this.#wake();
  }

  /** What has come, or comes next; `missed` when it was too much to keep; `undefined` when `signal` fired. */
  async next(signal: AbortSignal): Promise<News | 'missed' | undefined> {
    while (this.#looked === undefined && this.#failure === undefined && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = () => {
          signal.removeEventListener('abort', this.#wake);
          resolve();
        };
        signal.addEventListener('abort', this.#wake);
      });
    }
    if (signal.aborted) return undefined;
    if (this.#failure !== undefined) throw this.#failure.error;
    return this.#hasMissed ? 'missed' : this.#take();
  }

  #take(): News | undefined {
    const looked = this.#looked;
    if (looked === undefined) return undefined;
    const records = this.#records;
    this.#records = [];
    this.#looked = undefined;
    return { records, looked };
  }
}
