import { isFault } from '@login-policy/event-sourcing';
import { pause, type RowCount } from '@login-policy/event-sourcing/store';
import type { Connection } from './connection.js';
import { entryOf } from './row-changes.js';
import type { Cells } from './queries.js';
import type { Schema } from './schema.js';

/** Up to this many rows, counting is fast enough. */
const FEW = 1000;
/** The most attempts to find no other writer active. */
const MOST_TRIES = 20;

/** The result of a counting statement. */
export interface Counted {
  readonly model: string;
  readonly asked: RowCount;
  /** The number of rows; the rows added since a number was stored; and the stored number, as far as it is known. */
  readonly found: Cells;
  /** Counts again. */
  readonly again: () => Promise<unknown>;
}

/** Stores the numbers of rows that are asked for and take long to count. It works in the background. */
export class CountKeeper {
  readonly #connection: Connection;
  readonly #call: string;
  readonly #running = new Map<string, Promise<void>>();
  #isOver = false;

  constructor(connection: Connection, { quoted }: Schema) {
    this.#connection = connection;
    this.#call = `SELECT ${quoted}.store_row_count_v13($1, $2, $3)`;
  }

  /** Begins to store a number, or completes one that was begun. */
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

  /** Waits for running work. */
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
