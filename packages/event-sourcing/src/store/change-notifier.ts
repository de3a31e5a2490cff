import { Notifier } from './notifier.js';

/** How changes of other processes are noticed. */
export interface ChangeNotifierOptions {
  /** Returns a value that differs after every write. If it throws, all waiters wake and see the error themselves. */
  readonly readVersion: () => unknown;
  /** The pause before the next poll, in milliseconds; asked each time. */
  readonly intervalMs: () => number;
}

/**
 * A change notifier: wakes those who wait for an event or a step of a read model. Changes in this process wake them at
 * once; changes of other processes are found by polling. One poll serves all waiters, and without waiters it does not
 * poll.
 */
export class ChangeNotifier extends Notifier {
  readonly #options: ChangeNotifierOptions;
  /** Notified when nobody waits any more, so that no timer is left. */
  readonly #idle = new Notifier();
  readonly #closing = new AbortController();
  #waiting = 0;
  #polling: Promise<void> | undefined;
  #lastVersion: unknown;

  constructor(options: ChangeNotifierOptions) {
    super();
    this.#options = options;
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Resolves when there may be more, after `withinMs` at the latest, when the signal fires, or when this is closed. */
  override async changed(signal: AbortSignal, withinMs?: number): Promise<void> {
    if (signal.aborted || this.#closing.signal.aborted) return;
    this.#waiting += 1;
    const change = super.changed(signal, withinMs);
    this.#polling ??= this.#poll();
    await change;
    this.#waiting -= 1;
    if (this.#waiting === 0) this.#idle.notify();
  }

  /** Wakes all waiters for the last time. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.notify();
    await this.#polling;
  }

  /** Compares with the previous poll, also one for earlier waiters: a write in between wakes the next waiter. */
  async #poll(): Promise<void> {
    while (this.#waiting > 0 && !this.#closing.signal.aborted) {
      const begun = performance.now();
      const intervalMs = this.#options.intervalMs();
      await this.#idle.changed(this.#closing.signal, intervalMs);
      if (this.#closing.signal.aborted || performance.now() - begun < intervalMs - 1) continue;
      const seen = await this.#readVersion();
      if (seen !== this.#lastVersion) this.notify();
      this.#lastVersion = seen;
    }
    this.#polling = undefined;
  }

  /** An error counts as a change. */
  async #readVersion(): Promise<unknown> {
    try {
      return await this.#options.readVersion();
    } catch (caught) {
      return caught;
    }
  }
}
