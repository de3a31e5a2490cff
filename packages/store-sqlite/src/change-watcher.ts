import { SignalBoard } from '@login-policy/event-sourcing';
import type { Database, Statement } from './database.js';

/** After so long a waiter looks again, whether or not anything was heard. */
const LOOKED_AGAIN_MS = 1000;

/** Tells who waits that something was committed: at once by this connection, within the poll interval by another. */
export class ChangeWatcher {
  readonly #dataVersion: Statement;
  readonly #intervalMs: number;
  readonly #board = new SignalBoard();
  #waiting = 0;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  #seen: unknown;

  constructor(database: Database, intervalMs: number) {
    this.#dataVersion = database.prepare('PRAGMA data_version').pluck();
    this.#intervalMs = intervalMs;
  }

  /** Something was committed here. */
  notify(): void {
    this.#board.notify();
  }

  /** Resolves at the next commit, here or elsewhere, or when `signal` fires. */
  async changed(signal: AbortSignal): Promise<void> {
    if (this.#isClosed) return;
    this.#waiting++;
    this.#watch();
    try {
      await this.#board.changed(signal, LOOKED_AGAIN_MS);
    } finally {
      this.#waiting--;
      if (this.#waiting === 0) this.#rest();
    }
  }

  /** Wakes all who wait, for the last time. */
  close(): void {
    this.#isClosed = true;
    this.#rest();
    this.#board.notify();
  }

  #watch(): void {
    if (this.#timer !== undefined) return;
    this.#seen = this.#version();
    this.#timer = setInterval(() => this.#look(), this.#intervalMs);
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const version = this.#version();
    if (version === this.#seen) return;
    this.#seen = version;
    this.#board.notify();
  }

  /** Changes with every commit of another connection. One that can't be read wakes the waiters, who will see why. */
  #version(): unknown {
    try {
      return this.#dataVersion.get();
    } catch (caught) {
      return caught;
    }
  }
}
