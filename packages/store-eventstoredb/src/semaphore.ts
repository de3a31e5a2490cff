import { onAbort } from '@login-policy/event-sourcing/store';

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
  acquire(withinMs: number, cancellation?: { readonly signal: AbortSignal }): Promise<boolean> | true {
    if (this.tryAcquire()) return true;
    return new Promise((resolve) => {
      const end = (isAcquired: boolean): void => {
        clearTimeout(timer);
        unsubscribe();
        this.#waiting.delete(grant);
        resolve(isAcquired);
      };
      const grant = (): void => end(true);
      const timer = setTimeout(() => end(false), withinMs);
      let unsubscribe = (): void => undefined;
      this.#waiting.add(grant);
      unsubscribe = onAbort(cancellation?.signal, () => end(false));
    });
  }

  /** Releases a slot to the caller that has waited longest. */
  release(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#free += 1;
    else next();
  }
}
