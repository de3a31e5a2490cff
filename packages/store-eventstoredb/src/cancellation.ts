import { Fault, onAbort, type WaitOptions } from '@login-policy/event-sourcing/store';
import { STORE } from './faults.js';

/**
 * The reason with which a {@link Cancellation}'s signal fires. It is created once, because an error with a stack is
 * expensive.
 */
const ENDED = new Error('this was ended');

/** The causes for an end, besides the closing of the store. */
export interface CancellationCauses {
  readonly signals?: readonly (AbortSignal | undefined)[];
  /** Its signal is only read when something waits. */
  readonly wait?: WaitOptions;
  /** The time-out in milliseconds from now. */
  readonly afterMs?: number;
}

/**
 * Cancels a read, a subscription or the wait of an append: when its caller leaves, a signal fires, the time-out passes,
 * or the store is closed. {@link dispose} must be called; otherwise its listeners stay registered as long as the store
 * exists.
 */
export class Cancellation {
  readonly #closing: AbortSignal;
  readonly #signals: readonly (AbortSignal | undefined)[];
  readonly #wait: WaitOptions | undefined;
  readonly #until: number;
  #isDisposed = false;
  #control: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #unsubscribers: readonly (() => void)[] = [];

  constructor(closing: AbortSignal, { signals = [], wait, afterMs }: CancellationCauses = {}) {
    this.#closing = closing;
    this.#signals = signals;
    this.#wait = wait;
    this.#until = afterMs === undefined ? Infinity : performance.now() + afterMs;
  }

  /** Fires at the end. It is created on demand, because most appends never wait. */
  get signal(): AbortSignal {
    this.#control ??= this.#listen();
    return this.#control.signal;
  }

  /**
   * Whether the end has come.
   *
   * @throws StoreClosed when the store was closed.
   */
  isCancelled(): boolean {
    // A disposed caller is not told about a later closing of the store.
    if (this.#isDisposed || this.#signals.some((signal) => signal?.aborted === true)) return true;
    if (this.#closing.aborted) throw new Fault('store-closed', { store: STORE });
    return this.#control?.signal.aborted === true || performance.now() > this.#until;
  }

  /** Ends the operation and removes all listeners. */
  dispose(): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
    for (const unsubscribe of this.#unsubscribers) unsubscribe();
    this.#control?.abort(ENDED);
  }

  #listen(): AbortController {
    const control = new AbortController();
    const end = (): void => control.abort(ENDED);
    if (this.#isDisposed) {
      end();
      return control;
    }
    if (this.#until < Infinity) this.#timer = setTimeout(end, Math.max(1, this.#until - performance.now()));
    this.#unsubscribers = [this.#closing, this.#wait?.signal, ...this.#signals].map((signal) => onAbort(signal, end));
    return control;
  }
}
