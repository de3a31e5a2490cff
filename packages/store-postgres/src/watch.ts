import { Watch } from '@login-policy/event-sourcing/store';
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

/** Watches a schema: at once for what this process wrote or the server told, and by looking for everything else. */
export class SchemaWatch extends Watch {
  readonly #parts: WatchParts;
  readonly #heard = (): void => this.notify();

  constructor(parts: WatchParts) {
    const { connection, schema, listener, pollIntervalMs } = parts;
    // While the server tells, looking is only for what a broken connection can't tell.
    const intervalMs = (): number =>
      listener?.hears(schema) === true ? Math.max(pollIntervalMs, WHILE_TOLD_MS) : pollIntervalMs;
    super({ intervalMs, look: () => stateOf(connection, schema) });
    this.#parts = parts;
  }

  override async changed(signal: AbortSignal, withinMs?: number): Promise<void> {
    if (!signal.aborted && !this.isClosed) this.#parts.listener?.begin(this.#parts.schema, this.#heard);
    await super.changed(signal, withinMs);
  }

  override async close(): Promise<void> {
    const closed = super.close();
    await this.#parts.listener?.end(this.#parts.schema, this.#heard);
    await closed;
  }
}

/** Something that differs whenever anything was written. */
async function stateOf(connection: Connection, { quoted }: Schema): Promise<string> {
  const [row] = await connection.read(
    `SELECT (SELECT max(position) FROM ${quoted}.events),
      (SELECT sum(steps + model::numeric) FROM ${quoted}.read_models WHERE stage = 'live')`,
  );
  return (row ?? []).join(' ');
}
