import { within } from '@login-policy/event-sourcing/store';

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
