import { Notifier } from './notifier.js';

/** How changes are noticed that nobody told of. */
export interface WatchOptions {
  /** Looks for something that differs whenever anything was written. What it throws wakes all who wait: they will see why. */
  readonly look: () => unknown;
  /** How long to wait between two looks, in milliseconds; asked before each. */
  readonly intervalMs: () => number;
}

/**
 * Wakes who waits for an event or a step of a read model: at once when it is told of a change, and by looking every so often
 * for all others. It looks once for all who wait, and not at all while nobody does.
 */
export class Watch {
  readonly #options: WatchOptions;
  readonly #notifier = new Notifier();
  /** Woken when nobody waits any more, so that no timer is left. */
  readonly #idle = new Notifier();
  readonly #closing = new AbortController();
  #waiting = 0;
  #looking: Promise<void> | undefined;
  #seen: unknown;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Something was written: wakes all who wait. */
  notify(): void {
    this.#notifier.notify();
  }

  /** Resolves when there may be more, at the latest after `withinMs`, when the signal fires, or when the watch is closed. */
  async changed(signal: AbortSignal, withinMs?: number): Promise<void> {
    if (signal.aborted || this.#closing.signal.aborted) return;
    this.#waiting += 1;
    const change = this.#notifier.changed(signal, withinMs);
    this.#looking ??= this.#look();
    await change;
    this.#waiting -= 1;
    if (this.#waiting === 0) this.#idle.notify();
  }

  /** Wakes all who wait, for the last time. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.notify();
    await this.#looking;
  }

  /** What was seen last counts from one wait to the next: what was written in between wakes the next to wait. */
  async #look(): Promise<void> {
    while (this.#waiting > 0 && !this.#closing.signal.aborted) {
      const begun = performance.now();
      const intervalMs = this.#options.intervalMs();
      await this.#idle.changed(this.#closing.signal, intervalMs);
      if (this.#closing.signal.aborted || performance.now() - begun < intervalMs - 1) continue;
      const seen = await this.#sight();
      if (seen !== this.#seen) this.notify();
      this.#seen = seen;
    }
    this.#looking = undefined;
  }

  /** One that fails differs from all others. */
  async #sight(): Promise<unknown> {
    try {
      return await this.#options.look();
    } catch (caught) {
      return caught;
    }
  }
}
