import type { Deadline, WaitOptions } from '../deadline.js';
import { onAbort } from '../on-abort.js';
import { YieldPacer, yieldToLoop } from '../yield-to-loop.js';

/** Lets one at a time in under each key, in the order they came; under different keys they go side by side. */
export class KeyedMutex<Key> {
  /** The keys somebody is in under, each with those who wait; `undefined` as long as nobody ever did. */
  readonly #busy = new Map<Key, (() => void)[] | undefined>();
  readonly #pacer = new YieldPacer(32);

  /**
   * Resolves once it is the caller's turn; `undefined` when it is at once. A caller that came in has to {@link leave}. When the signal fires
   * first it resolves to `false`, and the caller is not in.
   */
  enter(key: Key, wait: WaitOptions = {}): Promise<boolean> | undefined {
    const waiting = this.#busy.get(key);
    if (waiting !== undefined) return new Promise((resolve) => waitIn(waiting, resolve, wait));
    if (!this.#busy.has(key)) {
      this.#busy.set(key, undefined);
      return undefined;
    }
    const first: (() => void)[] = [];
    this.#busy.set(key, first);
    return new Promise((resolve) => waitIn(first, resolve, wait));
  }

  /** Lets in who came next under this key. */
  leave(key: Key): void {
    const letIn = this.#busy.get(key)?.shift();
    if (letIn === undefined) this.#busy.delete(key);
    // Commands that write nothing have nothing to wait for: without this, thousands of them would let no timer fire.
    else if (this.#pacer.isDue()) yieldToLoop().then(letIn, letIn);
    else letIn();
  }
}

/** {@link KeyedMutex.enter}, which has to be in time. @throws DeadlineExceeded */
export function enterInTime<Key>(mutex: KeyedMutex<Key>, key: Key, deadline: Deadline): Promise<void> | undefined {
  return mutex.enter(key, deadline)?.then((isIn) => {
    deadline.end();
    if (!isIn) throw deadline.fault();
  });
}

function waitIn(waiting: (() => void)[], resolve: (isIn: boolean) => void, wait: WaitOptions): void {
  let takeBack = (): void => undefined;
  const letIn = (): void => {
    takeBack();
    resolve(true);
  };
  waiting.push(letIn);
  takeBack = onAbort(wait.signal, () => {
    const place = waiting.indexOf(letIn);
    // Already acquired, and only yielding to the event loop.
    if (place === -1) return;
    waiting.splice(place, 1);
    resolve(false);
  });
}
