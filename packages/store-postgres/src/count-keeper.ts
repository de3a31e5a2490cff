import { isFault } from '@login-policy/event-sourcing';
import { pause, type WantedRows } from '@login-policy/event-sourcing/store';
import type { Connection } from './connection.js';
import { entryOf } from './row-changes.js';
import type { Cells, Value } from './queries.js';
import type { Schema } from './schema.js';

/** A count of fewer rows is not stored, because counting them is fast enough. */
const FEWEST_ROWS = 1000;
/** The most attempts to get the writers' lock. */
const MOST_TRIES = 20;

/** The result of a counting statement. */
export interface Counted {
  readonly model: string;
  readonly query: Pick<WantedRows, 'index' | 'value'>;
  /** The columns of `countUp`: the number of rows; of the stored count, the net added and the initial count. */
  readonly found: Cells;
  /** Runs the counting statement again. */
  readonly countAgain: () => Promise<unknown>;
}

/** Stores requested counts that take long, in the background, so that the next reader need not count again. */
export class CountKeeper {
  readonly #connection: Connection;
  readonly #call: string;
  readonly #running = new Map<string, Promise<void>>();
  #isStopped = false;

  constructor(connection: Connection, { quoted }: Schema) {
    this.#connection = connection;
    this.#call = `SELECT ${quoted}.store_row_count($1, $2, $3)`;
  }

  /** Call it after each count. Starts to store a large count in the background, or completes one that was begun. */
  noteCounted({ model, query, found: [total, netAdded = null, initial = null], countAgain }: Counted): void {
    if (this.#isStopped || initial !== null || Number(total) < FEWEST_ROWS) return;
    const entry = entryOf(query.index, query.value);
    const isBegun = netAdded !== null;
    const newInitial = isBegun ? String(Number(total) - Number(netAdded)) : null;
    const name = `${model} ${entry.toString('hex')} ${isBegun ? 'complete' : 'begin'}`;
    if (this.#running.has(name)) return;
    const running = this.#store([model, entry, newInitial])
      .then(async (isStored) => {
        // The next result completes the count.
        if (isStored && !isBegun && !this.#isStopped) await countAgain();
      })
      .catch((caught: unknown) => {
        // For example, this role may only read. Then each request counts the rows.
        if (!isFault(caught, 'store-unavailable')) this.#isStopped = true;
      })
      .finally(() => this.#running.delete(name));
    this.#running.set(name, running);
  }

  /** Waits for running work. */
  async close(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#running.values());
  }

  async #store(values: readonly Value[]): Promise<boolean> {
    for (let tries = 1; tries <= MOST_TRIES && !this.#isStopped; tries++) {
      const [[isStored] = []] = await this.#connection.change(this.#call, values);
      if (isStored === 't') return true;
      await pause(tries);
    }
    return false;
  }
}
