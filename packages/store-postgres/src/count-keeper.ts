import { isFault } from '@login-policy/event-sourcing';
import { pause, type RowCount } from '@login-policy/event-sourcing/store';
import type { Connection } from './connection.js';
import { entryOf } from './row-changes.js';
import type { Cells } from './queries.js';
import type { Schema } from './schema.js';

/** So many rows are counted as soon as a number is looked up. */
const FEW = 1000;
/** Attempts to find no other writer at work. */
const MOST_TRIES = 20;

/** What one statement counted. */
export interface Counted {
  readonly model: string;
  readonly asked: RowCount;
  /**
   * How many rows there are; how many came since their number is kept, and how many there were before, as far as that
   * is known.
   */
  readonly found: Cells;
  /** Counts them again. */
  readonly again: () => Promise<unknown>;
}

/**
 * Has the numbers of rows kept that are asked for and take long to count. It is done afterwards, and nobody waits for
 * it.
 */
export class CountKeeper {
  readonly #connection: Connection;
  readonly #call: string;
  readonly #running = new Map<string, Promise<void>>();
  #isOver = false;

  constructor(connection: Connection, { quoted }: Schema) {
    this.#connection = connection;
    this.#call = `SELECT ${quoted}.keep_count_v12($1, $2, $3)`;
  }

  /** Begins to keep a number, or, where that was begun, says how many rows there were before. */
  heard({ model, asked, found: [total, came = null, before = null], again }: Counted): void {
    if (this.#isOver || before !== null || Number(total) < FEW) return;
    const entry = entryOf(asked.index, asked.value);
    const were = came === null ? null : String(Number(total) - Number(came));
    const name = `${model} ${entry.toString('hex')} ${came === null ? 'begins' : 'goes on'}`;
    if (this.#running.has(name)) return;
    const running = this.#keep([model, entry, were])
      .then(async (isKept) => {
        if (isKept && were === null && !this.#isOver) await again();
      })
      .catch((caught: unknown) => {
        // A role that may only read goes on counting.
        if (!isFault(caught, 'store-unavailable')) this.#isOver = true;
      })
      .finally(() => this.#running.delete(name));
    this.#running.set(name, running);
  }

  /** Lets end what is under way. */
  async close(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#running.values());
  }

  async #keep(values: readonly unknown[]): Promise<boolean> {
    for (let tries = 1; tries <= MOST_TRIES && !this.#isOver; tries++) {
      const [[isKept] = []] = await this.#connection.change(this.#call, values);
      if (isKept === 't') return true;
      await pause(tries);
    }
    return false;
  }
}
