import { onAbort } from '@login-policy/event-sourcing/store';

/** So many may do something at a time; the others wait for their turn, first come first served. */
export class Slots {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(count: number) {
    this.#free = count;
  }

  /** Whether there was a turn without a wait. Who got one has to {@link leave}. */
  enterAtOnce(): boolean {
    if (this.#free === 0) return false;
    this.#free -= 1;
    return true;
  }

  /** Waits for a turn; `false` when none came in time, or before it ended. Who got one has to {@link leave}. */
  enter(withinMs: number, ending?: { readonly signal: AbortSignal }): Promise<boolean> | true {
    if (this.enterAtOnce()) return true;
    return new Promise((resolve) => {
      const end = (hasEntered: boolean): void => {
        clearTimeout(timer);
        takeBack();
        this.#waiting.delete(admit);
        resolve(hasEntered);
      };
      const admit = (): void => end(true);
      const timer = setTimeout(() => end(false), withinMs);
      let takeBack = (): void => undefined;
      this.#waiting.add(admit);
      takeBack = onAbort(ending?.signal, () => end(false));
    });
  }

  /** Gives the turn to the call that has waited longest. */
  leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#free += 1;
    else next();
  }
}
