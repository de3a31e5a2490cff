import { Fault } from '@login-policy/event-sourcing';
import { onAbort, pause, type WaitOptions, within } from '@login-policy/event-sourcing/store';
import { STORE, failureOf, isFailure, unavailable } from './faults.js';
import type { Timeouts } from './options.js';

/**
 * Waits before the next attempt: a random time up to 20, 40, 80 … 2,000 ms, so that clients do not all retry at once.
 */
export function backOff(attempt: number, signal?: AbortSignal): Promise<void> {
  return pause(attempt, { firstMs: 20, longestMs: 2000, signal });
}

/**
 * The reason of every {@link Cancellation}'s signal. It is created once, because an error with a stack is expensive.
 */
const CANCELLED = new Error('the operation was cancelled');

/**
 * Cancels a read, a subscription or the wait of an append: when a signal fires, the time-out passes, or the store is
 * closed. Call {@link dispose}; otherwise its listeners stay registered as long as the store exists.
 */
export class Cancellation {
  readonly #closing: AbortSignal;
  readonly #wait: WaitOptions;
  readonly #until: number;
  #isDisposed = false;
  #control: AbortController | undefined;
  #unsubscribers: readonly (() => void)[] = [];

  /** The caller's signal is read only when the operation has to wait. `afterMs` is the time-out from now. */
  constructor(closing: AbortSignal, wait: WaitOptions, afterMs: number = Infinity) {
    this.#closing = closing;
    this.#wait = wait;
    this.#until = performance.now() + afterMs;
  }

  /** Fires on cancellation. It is created on demand, because most appends never wait. */
  get signal(): AbortSignal {
    this.#control ??= this.#listen();
    return this.#control.signal;
  }

  /**
   * Whether the operation is cancelled.
   *
   * @throws StoreClosed when the store was closed.
   */
  isCancelled(): boolean {
    // After `dispose`, a later closing of the store is not reported.
    if (this.#isDisposed) return true;
    if (this.#closing.aborted) throw new Fault('store-closed', { store: STORE });
    return this.#control?.signal.aborted ?? performance.now() > this.#until;
  }

  /** Cancels the operation and removes all listeners. */
  dispose(): void {
    this.#isDisposed = true;
    for (const unsubscribe of this.#unsubscribers) unsubscribe();
    this.#control?.abort(CANCELLED);
  }

  #listen(): AbortController {
    const control = new AbortController();
    const cancel = (): void => control.abort(CANCELLED);
    if (this.#isDisposed) {
      cancel();
      return control;
    }
    if (this.#until < Infinity) {
      const timeOut = within(
        new Promise(() => undefined),
        Math.max(1, this.#until - performance.now()),
        control.signal,
      );
      timeOut.then(cancel, cancel);
    }
    this.#unsubscribers = [this.#closing, this.#wait.signal].map((signal) => onAbort(signal, cancel));
    return control;
  }
}

/**
 * Waits between retries after temporary errors, for growing times. Fails when no attempt has succeeded for too long.
 */
export class Retries {
  readonly #doing: string;
  readonly #ms: number;
  readonly #signal: AbortSignal;
  #attempt = 0;
  #since: number = performance.now();

  constructor(doing: string, ms: number, signal: AbortSignal) {
    this.#doing = doing;
    this.#ms = ms;
    this.#signal = signal;
  }

  /** Call it after a success. */
  reset(): void {
    if (this.#attempt === 0) return;
    this.#attempt = 0;
    this.#since = performance.now();
  }

  /**
   * Waits before the next attempt, and returns the fault for the error.
   *
   * @throws that fault, when retrying is useless or too late. An error that is a defect is rethrown.
   */
  async waitAfter(error: unknown): Promise<Fault> {
    if (!isFailure(error)) throw error;
    const { fault, isFinal } = failureOf(error, this.#doing);
    if (this.#attempt === 0) this.#since = performance.now();
    this.#attempt += 1;
    if (isFinal || performance.now() - this.#since >= this.#ms) throw fault;
    await backOff(this.#attempt, this.#signal);
    return fault;
  }
}

/** Why no attempt had ended before the deadline. */
const NO_ANSWER = unavailable('the server did not answer in time');

/** The time-outs of a store, and when it is closed. */
export interface RetryContext {
  readonly closing: AbortSignal;
  readonly timeouts: Required<Timeouts>;
}

/** The options of {@link retry}. */
export interface RetryOptions {
  readonly doing: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `attempt` until it succeeds, for at most `retryMs`.
 *
 * @throws DeadlineExceeded when `signal` fires; StoreClosed when the store is closed meanwhile; the fault of the last
 *   attempt when the time has passed.
 */
export async function retry<Answer>(
  { closing, timeouts }: RetryContext,
  { doing, signal }: RetryOptions,
  attempt: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const cancellation = new Cancellation(closing, { signal });
  const retries = new Retries(doing, timeouts.retryMs, cancellation.signal);
  let last: Fault | undefined;
  try {
    for (;;) {
      if (cancellation.isCancelled()) throw new Fault('deadline-exceeded', { doing }, last ?? NO_ANSWER);
      try {
        const answer = await attempt(cancellation.signal);
        if (!cancellation.isCancelled()) return answer;
      } catch (error) {
        if (!cancellation.signal.aborted) last = await retries.waitAfter(error);
      }
    }
  } finally {
    cancellation.dispose();
  }
}

/** A semaphore: a limited number of holders at a time. The others wait, first come, first served. */
export class Semaphore {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(count: number) {
    this.#free = count;
  }

  /** Takes a slot if one is free. A holder must {@link release} it. */
  tryAcquire(): boolean {
    if (this.#free === 0) return false;
    this.#free -= 1;
    return true;
  }

  /**
   * Waits for a slot; `false` when none became free before the time-out or the signal. A holder must {@link release}
   * it.
   */
  async acquire(withinMs: number, cancellation?: { readonly signal: AbortSignal }): Promise<boolean> {
    if (this.tryAcquire()) return true;
    let grant = (): void => undefined;
    const granted = new Promise<void>((resolve) => (grant = resolve));
    this.#waiting.add(grant);
    await within(granted, withinMs, cancellation?.signal);
    // `release` has taken it out, if the slot was granted.
    return !this.#waiting.delete(grant);
  }

  /** Releases a slot to the caller that has waited longest. */
  release(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#free += 1;
    else if (this.#waiting.delete(next)) next();
  }
}
