import { ChangeNotifier } from '@login-policy/event-sourcing/store';
import type { Connection } from './connection.js';
import type { Listener } from './listener.js';
import type { Schema } from './schema.js';

/** The polling interval while notifications arrive. */
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
  readonly #onNotification: () => void;

  constructor(parts: WatchParts) {
    const { schema, listener, pollIntervalMs } = parts;
    // With notifications, polling only covers a broken connection.
    const intervalMs = (): number =>
      listener?.isListening(schema) === true ? Math.max(pollIntervalMs, WITH_LISTENER_MS) : pollIntervalMs;
    const notified: Notified = { sinceLastPoll: false };
    super({ intervalMs, readVersion: () => poll(parts, notified) });
    this.#onNotification = (): void => {
      notified.sinceLastPoll = true;
      this.notify();
    };
    this.#parts = parts;
  }

  override async changed(signal: AbortSignal, withinMs?: number): Promise<void> {
    if (!signal.aborted && !this.isClosed) this.#parts.listener?.subscribe(this.#parts.schema, this.#onNotification);
    await super.changed(signal, withinMs);
  }

  override async close(): Promise<void> {
    const closed = super.close();
    await this.#parts.listener?.unsubscribe(this.#parts.schema, this.#onNotification);
    await closed;
  }
}

/** Whether a notification has arrived since the last poll, and the result of that poll. */
interface Notified {
  sinceLastPoll: boolean;
  lastVersion?: string;
}

/**
 * Polls. A change without a notification means that the listener is connected to another server, such as the old
 * primary: it then reconnects.
 */
async function poll({ connection, schema, listener }: WatchParts, notified: Notified): Promise<string> {
  const version = await readVersion(connection, schema);
  if (
    notified.lastVersion !== undefined &&
    notified.lastVersion !== version &&
    !notified.sinceLastPoll &&
    listener?.isListening(schema) === true
  )
    listener.reconnect();
  notified.sinceLastPoll = false;
  notified.lastVersion = version;
  return version;
}

/** A value that changes with every write. */
async function readVersion(connection: Connection, { quoted }: Schema): Promise<string> {
  const [row] = await connection.read(
    `SELECT (SELECT max(position) FROM ${quoted}.events),
      (SELECT sum(steps + model::numeric) FROM ${quoted}.read_models WHERE stage = 'live')`,
  );
  return (row ?? []).join(' ');
}
