import { onAbort, StoreClosed, type WaitOptions } from '@login-policy/event-sourcing/store';
import { STORE } from './faults.js';

/** Why a signal of an {@link Ending} fired; made once, because an error with its stack is expensive. */
const ENDED = new Error('this was ended');

/** What can end something besides the store's closing. */
export interface Wishes {
  readonly signals?: readonly (AbortSignal | undefined)[];
  /** A wait whose signal is only asked for when something waits. */
  readonly wait?: WaitOptions;
  /** So many milliseconds from now it ends of itself. */
  readonly afterMs?: number;
}

/**
 * When a read, a subscription or the wait of an append is to end: because its caller leaves, because his signal fires,
 * because time is up, or because the store is closed. Has to be {@link leave}-d, or it stays with the store for good.
 */
export class Ending {
  readonly #closing: AbortSignal;
  readonly #signals: readonly (AbortSignal | undefined)[];
  readonly #wait: WaitOptions | undefined;
  readonly #until: number;
  #hasLeft = false;
  #control: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #takeBacks: readonly (() => void)[] = [];

  constructor(closing: AbortSignal, { signals = [], wait, afterMs }: Wishes = {}) {
    this.#closing = closing;
    this.#signals = signals;
    this.#wait = wait;
    this.#until = afterMs === undefined ? Infinity : performance.now() + afterMs;
  }

  /** Fires at the end. Only made when somebody asks for it: most appends never wait. */
  get signal(): AbortSignal {
    this.#control ??= this.#listen();
    return this.#control.signal;
  }

  /** Whether there is nothing more to do. @throws StoreClosed when that is because the store was closed. */
  isHere(): boolean {
    // A caller that has left is not told that the store was closed after that.
    if (this.#hasLeft || this.#signals.some((signal) => signal?.aborted === true)) return true;
    if (this.#closing.aborted) throw new StoreClosed({ store: STORE });
    return this.#control?.signal.aborted === true || performance.now() > this.#until;
  }

  /** Ends what still goes on. */
  leave(): void {
    this.#hasLeft = true;
    clearTimeout(this.#timer);
    for (const takeBack of this.#takeBacks) takeBack();
    this.#control?.abort(ENDED);
  }

  #listen(): AbortController {
    const control = new AbortController();
    const end = (): void => control.abort(ENDED);
    if (this.#hasLeft) {
      end();
      return control;
    }
    if (this.#until < Infinity) this.#timer = setTimeout(end, Math.max(1, this.#until - performance.now()));
    this.#takeBacks = [this.#closing, this.#wait?.signal, ...this.#signals].map((signal) => onAbort(signal, end));
    return control;
  }
}
