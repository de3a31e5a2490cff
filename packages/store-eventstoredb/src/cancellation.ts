import { onAbort, within, type WaitOptions } from '@login-policy/event-sourcing/store';
import { Fault } from '@login-policy/event-sourcing/values';
import { STORE } from './faults.js';

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
