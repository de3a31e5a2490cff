import { cancel, schedule, type Due } from './due.js';
import { Fault } from './fault.js';
import { demandSignal, firstToAbort, onAbort } from './on-abort.js';
import { demandOptions, wrong } from './wrong.js';

/** Ends the wait of a call. */
export interface WaitOptions {
  /** Once it has fired, the call rejects with `DeadlineExceeded` within 100 ms, whatever the store does. */
  readonly signal?: AbortSignal | undefined;
}

/** How long a caller waits, and the signal that ends the wait earlier. */
export interface Waiting extends WaitOptions {
  /** Milliseconds from now. Default: no limit. */
  readonly waitMs?: number | undefined;
}

/** How long a write that has begun is still awaited after its caller gave up. After that its outcome is unknown. */
const WRITE_GRACE_MS = 80;
/** The abort reason of a {@link Deadline}. Created once, because an error with its stack is expensive. */
const TIME_IS_UP = new Error('the deadline has passed');

/**
 * When a call ends: as soon as its caller's signal fires, or after some milliseconds. Each call makes one and passes it
 * to every wait. It implements {@link WaitOptions}, so stores take it as it is.
 */
export class Deadline implements WaitOptions {
  /** A signal that fires with the first of several. */
  static readonly firstToAbort: typeof firstToAbort = firstToAbort;

  readonly #doing: string;
  /** The caller's own signal. */
  readonly given: AbortSignal | undefined;
  readonly #dueAt: number;
  #own: AbortController | undefined;
  #release: (() => void) | undefined;

  /** `doing` names in the fault what took too long. @throws RangeError for a signal or time that is not one. */
  constructor(doing: string, wait: Waiting = {}) {
    demandOptions('the options of a wait', wait);
    const { signal, waitMs = Infinity } = wait;
    demandSignal(signal);
    demandMilliseconds('waitMs', waitMs);
    this.#doing = doing;
    this.given = signal;
    this.#dueAt = waitMs === Infinity ? Infinity : performance.now() + waitMs;
  }

  /** Does some work within a new deadline: see {@link during}. */
  static async run<Result>(
    doing: string,
    wait: Waiting,
    work: (deadline: Deadline) => Promise<Result>,
  ): Promise<Result> {
    return new Deadline(doing, wait).during(work);
  }

  /**
   * For a store that never waits.
   *
   * @throws DeadlineExceeded when the signal has fired.
   * @throws RangeError for a signal that is not one, such as its controller.
   */
  static throwIfExpired(doing: string, wait?: WaitOptions): void {
    if (wait === undefined) return;
    demandOptions('the options of a wait', wait);
    const { signal } = wait;
    demandSignal(signal);
    if (signal?.aborted === true) throw new Fault('deadline-exceeded', { doing });
  }

  /** Does some work within this deadline, and {@link end}s the deadline with it. */
  async during<Result>(work: (deadline: this) => Promise<Result>): Promise<Result> {
    try {
      return await work(this);
    } finally {
      this.end();
    }
  }

  /**
   * Aborts when the deadline has passed; `undefined` when nothing ends it. Created when first read; {@link end}
   * releases it.
   */
  get signal(): AbortSignal | undefined {
    if (this.#dueAt === Infinity) return this.given;
    if (this.#own === undefined) {
      const own = new AbortController();
      this.#own = own;
      this.#release = this.#whenOver(() => own.abort(TIME_IS_UP));
    }
    return this.#own.signal;
  }

  /** Whether the caller has given up or the time has passed. */
  get isOver(): boolean {
    return this.given?.aborted === true || (this.#dueAt < Infinity && performance.now() >= this.#dueAt);
  }

  /** The milliseconds left. */
  get leftMs(): number {
    return Math.max(0, this.#dueAt - performance.now());
  }

  /** This deadline, or an earlier one in `waitMs` milliseconds. */
  atMost(waitMs: number): Deadline {
    return new Deadline(this.#doing, { signal: this.given, waitMs: Math.min(waitMs, this.leftMs) });
  }

  /** @throws DeadlineExceeded when the deadline has passed. */
  throwIfOver(): void {
    if (this.isOver) throw this.fault();
  }

  /** The fault to reject with. */
  fault(cause?: unknown): Fault<'deadline-exceeded'> {
    return new Fault('deadline-exceeded', { doing: this.#doing }, cause);
  }

  /**
   * The promise's outcome if it comes in time. A later outcome, also a failure, is ignored.
   *
   * @throws DeadlineExceeded for what `why` says.
   */
  wait<Value>(promise: Promise<Value>, why?: () => unknown): Promise<Value> {
    return this.#race(promise, 0, () => this.fault(why?.()));
  }

  /**
   * {@link wait} for a write. A store that has not begun the write says so at once; otherwise it may have begun, and
   * this rejects with `inDoubt`.
   */
  waitForWrite<Value>(writing: Promise<Value>, inDoubt: () => Error): Promise<Value> {
    return this.#race(writing, WRITE_GRACE_MS, inDoubt);
  }

  /** {@link wait} for each value of a source. */
  values<Value>(source: AsyncIterable<Value>, why?: () => unknown): AsyncIterable<Value> {
    return this.#isEndless ? source : valuesAwaited(source, (next) => this.wait(Promise.resolve(next()), why));
  }

  /** Releases {@link signal}. */
  end(): void {
    this.#release?.();
  }

  get #isEndless(): boolean {
    return this.given === undefined && this.#dueAt === Infinity;
  }

  /** Calls `act` as soon as the deadline has passed. The returned function cancels that. */
  #whenOver(act: () => void): () => void {
    let stopListening = (): void => undefined;
    const stop = (): void => {
      cancel(due);
      stopListening();
    };
    const fire = (): void => {
      stop();
      act();
    };
    const due: Due = { dueAt: this.#dueAt, fire };
    if (this.#dueAt < Infinity) schedule(due);
    stopListening = onAbort(this.given, fire);
    return stop;
  }

  #race<Value>(promise: Promise<Value>, graceMs: number, faultOf: () => Error): Promise<Value> {
    if (this.#isEndless) return promise;
    return new Promise((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const stop = this.#whenOver(() => {
        if (graceMs === 0) reject(faultOf());
        else timer = setTimeout(() => reject(faultOf()), graceMs);
      });
      const settle = (): void => {
        stop();
        clearTimeout(timer);
      };
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

/** The values of a source, each of which `wait` awaits. */
export async function* valuesAwaited<Value>(
  source: AsyncIterable<Value>,
  wait: (next: () => Promise<IteratorResult<Value>>) => Promise<IteratorResult<Value>>,
): AsyncGenerator<Value, void, undefined> {
  const values = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await wait(() => values.next());
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // Not awaited: a source that hangs may never return.
    Promise.resolve(values.return?.()).catch(() => undefined);
  }
}

/** @throws RangeError naming what is not a number of milliseconds, such as `NaN`. */
export function demandMilliseconds(name: string, value: unknown): void {
  if (typeof value !== 'number' || Number.isNaN(value)) throw wrong(name, 'a number of milliseconds', value);
}
