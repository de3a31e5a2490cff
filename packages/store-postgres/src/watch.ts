import { ChangeNotifier } from '@login-policy/event-sourcing/store';
import type { Connection } from './connection.js';
import type { Listener } from './listener.js';
import type { Schema } from './schema.js';

const WITH_LISTENER_MS = 5000;

/** The parts of the change notifier. */
export interface WatchParts {
  readonly connection: Connection;
  readonly schema: Schema;
  /** The polling interval while a caller waits, in milliseconds. */
  readonly pollIntervalMs: number;
  /** Gets notifications at once; without it the schema is polled. */
  readonly listener: Listener | undefined;
}

/**
 * The change notifier of a schema: immediate for writes of this process and for notifications, by polling for
 * everything else.
 */
export class SchemaWatch extends ChangeNotifier {
  readonly #parts: WatchParts;
  readonly #heard: () => void;

  constructor(parts: WatchParts) {
    const { schema, listener, pollIntervalMs } = parts;
    // With notifications, polling only covers a broken connection.
    const intervalMs = (): number =>
      listener?.hears(schema) === true ? Math.max(pollIntervalMs, WITH_LISTENER_MS) : pollIntervalMs;
    const notified: Notified = { sinceLastPoll: false };
    super({ intervalMs, readVersion: () => poll(parts, notified) });
    this.#heard = (): void => {
      notified.sinceLastPoll = true;
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

/** Whether a notification has come since the last poll, and the result of that poll. */
interface Notified {
  sinceLastPoll: boolean;
  seen?: string;
}

/**
 * Polls. A change without a notification means that the listener is connected to another server, such as the old
 * primary, and is renewed.
 */
async function poll({ connection, schema, listener }: WatchParts, notified: Notified): Promise<string> {
  const seen = await stateOf(connection, schema);
  if (
    notified.seen !== undefined &&
    notified.seen !== seen &&
    !notified.sinceLastPoll &&
    listener?.hears(schema) === true
  )
    listener.renew();
  notified.sinceLastPoll = false;
  notified.seen = seen;
  return seen;
}

/** A value that changes with every write. */
async function stateOf(connection: Connection, { quoted }: Schema): Promise<string> {
  const [row] = await connection.read(
    `SELECT (SELECT max(position) FROM ${quoted}.events),
      (SELECT sum(steps + model::numeric) FROM ${quoted}.read_models WHERE stage = 'live')`,
  );
  return (row ?? []).join(' ');
}
