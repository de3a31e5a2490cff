import type { Deadline, WaitOptions } from '../values/deadline.js';
import { onAbort } from '../values/on-abort.js';
import { YieldPacer, yieldToLoop } from '../values/yield-to-loop.js';

/** A mutex for each key, granted in order of arrival. Different keys run in parallel. */
export class KeyedMutex<Key> {
  /** The locked keys with their waiters; `undefined` instead of an empty list. */
  readonly #busy = new Map<Key, (() => void)[] | undefined>();
  readonly #pacer = new YieldPacer(32);

  /**
   * Resolves once the lock is acquired; `undefined` when that is at once. The caller must {@link leave} afterwards.
   * Resolves to `false`, without the lock, when the signal fires first.
   */
  enter(key: Key, wait: WaitOptions = {}): Promise<boolean> | undefined {
    if (this.tryEnter(key)) return undefined;
    const waiting = this.#busy.get(key) ?? [];
    this.#busy.set(key, waiting);
    return new Promise((resolve) => waitIn(waiting, resolve, wait));
  }

  /** Acquires the lock if it is free. */
  tryEnter(key: Key): boolean {
    if (this.#busy.has(key)) return false;
    this.#busy.set(key, undefined);
    return true;
  }

  /** Passes the lock to the next waiter of this key. */
  leave(key: Key): void {
    const letIn = this.#busy.get(key)?.shift();
    if (letIn === undefined) this.#busy.delete(key);
    // Commands that write nothing never wait: without this yield, thousands of them would hold up every timer.
    else if (this.#pacer.isDue()) yieldToLoop().then(letIn, letIn);
    else letIn();
  }
}

/** {@link KeyedMutex.enter} with a deadline. @throws DeadlineExceeded */
export function enterInTime<Key>(mutex: KeyedMutex<Key>, key: Key, deadline: Deadline): Promise<void> | undefined {
  return mutex.enter(key, deadline)?.then((isIn) => {
    deadline.end();
    if (!isIn) throw deadline.fault();
  });
}

function waitIn(waiting: (() => void)[], resolve: (isIn: boolean) => void, wait: WaitOptions): void {
  let stopListening = (): void => undefined;
  const letIn = (): void => {
    stopListening();
    resolve(true);
  };
  waiting.push(letIn);
  stopListening = onAbort(wait.signal, () => {
    const place = waiting.indexOf(letIn);
    // Already acquired: it only yields to the event loop.
    if (place === -1) return;
    waiting.splice(place, 1);
    resolve(false);
  });
}
