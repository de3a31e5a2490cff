import { Breather, yieldToLoop } from '../yield-to-loop.js';

/** Lets one at a time in under each key, in the order they came; under different keys they go side by side. */
export class KeyedQueue<Key> {
  /** The keys somebody is in under, each with those who wait; `undefined` as long as nobody ever did. */
  readonly #busy = new Map<Key, (() => void)[] | undefined>();
  readonly #breather = new Breather(32);

  /** Resolves once it is the caller's turn; `undefined` when it is at once. Whoever came in has to {@link leave}. */
  enter(key: Key): Promise<void> | undefined {
    const waiting = this.#busy.get(key);
    if (waiting !== undefined) return new Promise((resolve) => waiting.push(resolve));
    if (!this.#busy.has(key)) {
      this.#busy.set(key, undefined);
      return undefined;
    }
    return new Promise((resolve) => this.#busy.set(key, [resolve]));
  }

  /** Lets in who came next under this key. */
  leave(key: Key): void {
    const letIn = this.#busy.get(key)?.shift();
    if (letIn === undefined) this.#busy.delete(key);
    // Commands that write nothing have nothing to wait for: without this, thousands of them would let no timer fire.
    else if (this.#breather.isDue()) yieldToLoop().then(letIn, letIn);
    else letIn();
  }
}
