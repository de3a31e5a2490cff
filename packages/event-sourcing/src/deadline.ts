import { schedule, takeBack, type Due } from './due.js';
import { DeadlineExceeded } from './faults.js';
import { onAbort } from './on-abort.js';

/** What ends a call that waits. */
export interface WaitOptions {
  /** Once it has fired, the call rejects with `DeadlineExceeded` within 100 ms, whatever the store does. */
  readonly signal?: AbortSignal | undefined;
}

/** How long a caller waits, and what ends the wait before that. */
export interface Waiting extends WaitOptions {
  /** Milliseconds, from now on. Default: without a limit. */
  readonly waitMs?: number | undefined;
}

/** A write that has begun may still be answered for so long after its caller gave up; then its outcome is unknown. */
const LAST_CHANCE_MS = 80;
/** Why the signal of a {@link Deadline} fired. Made once: an error with its stack is expensive. */
const TIME_IS_UP = new Error('the deadline is over');

/**
 * When a call ends: as soon as its caller's signal fires, or after so many milliseconds. One is made for each call and handed through
 * every wait of it. It is a {@link WaitOptions} itself, so a store is handed it as it is.
 */
export class Deadline implements WaitOptions {
  readonly #doing: string;
  /** The caller's own signal. */
  readonly given: AbortSignal | undefined;
  readonly #dueAt: number;
  #own: AbortController | undefined;
  #firingAt: Due | undefined;
  #takeBack: () => void = () => undefined;

  /** `doing` says in the fault what took too long. */
  constructor(doing: string, { signal, waitMs = Infinity }: Waiting = {}) {
    this.#doing = doing;
    this.given = signal;
    this.#dueAt = waitMs === Infinity ? Infinity : performance.now() + waitMs;
  }

  /** Fires when the deadline is over; `undefined` when nothing ends it. Made only when asked for: {@link end} lets go of it. */
  get signal(): AbortSignal | undefined {
    if (this.#dueAt === Infinity) return this.given;
    this.#own ??= this.#firing();
    return this.#own.signal;
  }

  /** Whether the caller has given up, or the time is up. */
  get isOver(): boolean {
    return this.given?.aborted === true || (this.#dueAt < Infinity && performance.now() >= this.#dueAt);
  }

  /** What is left of the time, in milliseconds. */
  get leftMs(): number {
    return Math.max(0, this.#dueAt - performance.now());
  }

  /** The same deadline, or one after so many milliseconds where that comes first. */
  atMost(waitMs: number): Deadline {
    return new Deadline(this.#doing, { signal: this.given, waitMs: Math.min(waitMs, this.leftMs) });
  }

  /** @throws DeadlineExceeded when the deadline is over. */
  refuse(): void {
    if (this.isOver) throw this.fault();
  }

  /** What to reject with. */
  fault(cause?: unknown): DeadlineExceeded {
    return new DeadlineExceeded({ doing: this.#doing }, cause);
  }

  /** What comes of a promise, if it comes in time. What comes later is ignored, also a failure. @throws DeadlineExceeded for what `why` says. */
  wait<Value>(promise: Promise<Value>, why?: () => unknown): Promise<Value> {
    return this.#race(promise, 0, () => this.fault(why?.()));
  }

  /** {@link wait} for a write, which may have begun. A store that has not begun it says so at once; else it is this fault. */
  waitForWrite<Value>(writing: Promise<Value>, inDoubt: () => Error): Promise<Value> {
    return this.#race(writing, LAST_CHANCE_MS, inDoubt);
  }

  /** {@link wait} for each value. */
  values<Value>(source: AsyncIterable<Value>, why?: () => unknown): AsyncIterable<Value> {
    return this.#isEndless ? source : this.#valuesOf(source, why);
  }

  /** Lets go of what is behind {@link signal}. */
  end(): void {
    if (this.#firingAt !== undefined) takeBack(this.#firingAt);
    this.#takeBack();
  }

  get #isEndless(): boolean {
    return this.given === undefined && this.#dueAt === Infinity;
  }

  async *#valuesOf<Value>(source: AsyncIterable<Value>, why?: () => unknown): AsyncGenerator<Value, void, undefined> {
    const values = source[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.wait(values.next(), why);
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      // Not waited for: what hangs may never return.
      values.return?.().catch(() => undefined);
    }
  }

  #firing(): AbortController {
    const control = new AbortController();
    const fire = (): void => {
      takeBack(due);
      control.abort(TIME_IS_UP);
    };
    const due: Due = { dueAt: this.#dueAt, fire };
    this.#firingAt = due;
    schedule(due);
    this.#takeBack = onAbort(this.given, fire);
    return control;
  }

  #race<Value>(promise: Promise<Value>, graceMs: number, faultOf: () => Error): Promise<Value> {
    if (this.#isEndless) return promise;
    return new Promise((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      let stopHearing = (): void => undefined;
      const fire = (): void => {
        takeBack(due);
        stopHearing();
        if (graceMs === 0) reject(faultOf());
        else timer ??= setTimeout(() => reject(faultOf()), graceMs);
      };
      const due: Due = { dueAt: this.#dueAt, fire };
      const settle = (): void => {
        takeBack(due);
        clearTimeout(timer);
        stopHearing();
      };
      if (this.#dueAt < Infinity) schedule(due);
      stopHearing = onAbort(this.given, fire);
      promise.then(
        (value) => {
          settle();
          resolve(value);
        },
        (caught: unknown) => {
          settle();
          reject(caught instanceof Error ? caught : new Error(String(caught)));
        },
      );
    });
  }
}

/** For a store that never waits. @throws DeadlineExceeded when the signal has fired. */
export function refuseOver(doing: string, { signal }: WaitOptions = {}): void {
  if (signal?.aborted === true) throw new DeadlineExceeded({ doing });
}
