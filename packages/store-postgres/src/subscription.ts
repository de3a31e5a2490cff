import { SignalBoard } from '@login-policy/event-sourcing';
import type { Connection } from './connection.js';
import type { Listener } from './listener.js';
import type { Schema } from './schema.js';

const WHILE_TOLD_MS = 5000;

/** What the watch works with. */
export interface WatchParts {
  readonly connection: Connection;
  readonly schema: Schema;
  /** How often it looks while somebody waits, in milliseconds. */
  readonly pollIntervalMs: number;
  /** What is told of changes at once; without it looking has to do. */
  readonly listener: Listener | undefined;
}

/**
 * Wakes who waits for an event or a step of a read model: at once for what this process wrote or the server told, and by
 * looking every so often for everything else. It looks once for all who wait, and not at all when nobody does.
 */
export class Watch {
  readonly #parts: WatchParts;
  readonly #board = new SignalBoard();
  readonly #heard = (): void => this.notify();
  readonly #closing = new AbortController();
  #waiting = 0;
  #looking: Promise<void> = Promise.resolve();
  #isLooking = false;
  #seen: string | undefined;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  /** Resolves when there may be more, at the latest after `withinMs`, or when the signal fires. */
  async changed(signal: AbortSignal, withinMs?: number): Promise<void> {
    if (signal.aborted || this.#closing.signal.aborted) return;
    this.#waiting += 1;
    this.#parts.listener?.begin(this.#parts.schema, this.#heard);
    if (!this.#isLooking) this.#looking = this.#look();
    try {
      await this.#board.changed(signal, withinMs);
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Wakes all who wait. */
  notify(): void {
    this.#board.notify();
  }

  /** Wakes all who wait, for the last time. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.notify();
    await this.#parts.listener?.end(this.#parts.schema, this.#heard);
    await this.#looking;
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    const idle = new SignalBoard();
    while (this.#waiting > 0 && !this.#closing.signal.aborted) {
      await idle.changed(this.#closing.signal, this.#intervalMs);
      if (this.#closing.signal.aborted) break;
      const seen = await this.#state();
      if (seen === undefined || seen !== this.#seen) this.notify();
      this.#seen = seen;
    }
    this.#isLooking = false;
  }

  /** While the server tells, looking is only for what a broken connection can't tell. */
  get #intervalMs(): number {
    const { listener, schema, pollIntervalMs } = this.#parts;
    return listener?.hears(schema) === true ? Math.max(pollIntervalMs, WHILE_TOLD_MS) : pollIntervalMs;
  }

  /** Something that differs whenever anything was written; `undefined` when the server can't be asked. */
  async #state(): Promise<string | undefined> {
    const { quoted } = this.#parts.schema;
    try {
      const [row] = await this.#parts.connection.read(
        `SELECT (SELECT max(position) FROM ${quoted}.events),
          (SELECT coalesce(sum(steps)::bigint, 0) + coalesce(max(model), 0) FROM ${quoted}.read_models WHERE stage = 'live')`,
      );
      return (row ?? []).join(' ');
    } catch {
      return undefined;
    }
  }
}
