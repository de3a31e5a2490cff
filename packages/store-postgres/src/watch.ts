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
  readonly #heard: () => void;

  constructor(parts: WatchParts) {
    const { schema, listener, pollIntervalMs } = parts;
    // While the server tells, looking is only for what a broken connection can't tell.
    const intervalMs = (): number =>
      listener?.hears(schema) === true ? Math.max(pollIntervalMs, WHILE_TOLD_MS) : pollIntervalMs;
    const told = { since: false };
    super({ intervalMs, look: () => lookAt(parts, told) });
    this.#heard = (): void => {
      told.since = true;
      this.notify();
    };
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

/** Whether the server told of something since the last look, and what that look found. */
interface Told {
  since: boolean;
  seen?: string;
}

/** A change that was not told of means that who listens does so at another server, as at the primary of before. */
async function lookAt({ connection, schema, listener }: WatchParts, told: Told): Promise<string> {
  const seen = await stateOf(connection, schema);
  if (told.seen !== undefined && told.seen !== seen && !told.since && listener?.hears(schema) === true)
    listener.renew();
  told.since = false;
  told.seen = seen;
  return seen;
}

/** Something that differs whenever anything was written. */
async function stateOf(connection: Connection, { quoted }: Schema): Promise<string> {
  const [row] = await connection.read(
    `SELECT (SELECT max(position) FROM ${quoted}.events),
      (SELECT sum(steps + model::numeric) FROM ${quoted}.read_models WHERE stage = 'live')`,
  );
  return (row ?? []).join(' ');
}
