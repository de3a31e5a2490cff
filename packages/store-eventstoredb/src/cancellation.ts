import { onAbort, within, type WaitOptions } from '@login-policy/event-sourcing/store';
import { Fault } from '@login-policy/event-sourcing/values';
import { STORE } from './faults.js';

/**
 * The reason of every {@link Cancellation}'s signal. It is created once, because an error with a stack is expensive.
 */
const CANCELLED = new Error('the operation was cancelled');

/** The causes of a cancellation, besides the closing of the store. */
export interface CancellationCauses {
  readonly signal?: AbortSignal | undefined;
  /** Its signal is the caller's, and is read only when the operation has to wait. */
  readonly wait?: WaitOptions;
  /** The time-out in milliseconds from now. */
  readonly afterMs?: number;
}

/**
 * Cancels a read, a subscription or the wait of an append: when a signal fires, the time-out passes, or the store is
 * closed. Call {@link dispose}; otherwise its listeners stay registered as long as the store exists.
 */
export class Cancellation {
  readonly #closing: AbortSignal;
  readonly #signal: AbortSignal | undefined;
  readonly #wait: WaitOptions | undefined;
  readonly #until: number;
  #isDisposed = false;
  #control: AbortController | undefined;
  #unsubscribers: readonly (() => void)[] = [];

  constructor(closing: AbortSignal, { signal, wait, afterMs }: CancellationCauses = {}) {
    this.#closing = closing;
    this.#signal = signal;
    this.#wait = wait;
    this.#until = afterMs === undefined ? Infinity : performance.now() + afterMs;
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
    if (this.#isDisposed || this.#signal?.aborted === true) return true;
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
    this.#unsubscribers = [this.#closing, this.#wait?.signal, this.#signal].map((signal) => onAbort(signal, cancel));
    return control;
  }
}
