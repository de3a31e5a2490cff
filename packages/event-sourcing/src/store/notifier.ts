import { onAbort } from '../values/on-abort.js';

/** Wakes all waiters when something changes. Subscribe first and look then: a change in between is not missed. */
export class Notifier {
  readonly #waiting = new Set<() => void>();

  /** Wakes all current waiters. */
  notify(): void {
    if (this.#waiting.size === 0) return;
    const woken = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of woken) wake();
  }

  /** Resolves at the next {@link notify}, after `withinMs` if that is given, or when `signal` fires. */
  changed(signal?: AbortSignal, withinMs?: number): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      let stopListening = (): void => undefined;
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        stopListening();
        resolve();
      };
      if (withinMs !== undefined) timer = setTimeout(wake, withinMs);
      this.#waiting.add(wake);
      stopListening = onAbort(signal, wake);
    });
  }
}
