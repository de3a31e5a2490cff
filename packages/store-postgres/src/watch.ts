import { ChangeNotifier } from '@login-policy/event-sourcing/store';
import type { Connection } from './connection.js';
import type { Schema } from './schema.js';

/** The parts of the change notifier. */
export interface WatchParts {
  readonly connection: Connection;
  readonly schema: Schema;
  /** The polling interval while a caller waits, in milliseconds. */
  readonly pollIntervalMs: number;
}

/** The change notifier of a schema: immediate for writes of this process, by polling for all others. */
export class SchemaWatch extends ChangeNotifier {
  constructor({ connection, schema, pollIntervalMs }: WatchParts) {
    super({ intervalMs: () => pollIntervalMs, readVersion: () => readVersion(connection, schema) });
  }
}

/** A value that changes with every write. */
async function readVersion(connection: Connection, { quoted }: Schema): Promise<string> {
  const [row] = await connection.read(
    `SELECT (SELECT max(position) FROM ${quoted}.events),
      (SELECT sum(steps + model::numeric) FROM ${quoted}.read_models WHERE stage = 'live')`,
  );
  return (row ?? []).join(' ');
}
