import type { RecordedEvent } from '@login-policy/event-sourcing';
import { type Append, placeIn } from '@login-policy/event-sourcing/store';
import type { Database, Statement } from './database.js';

/** Looks whether appends are in the file, once an error has left that open. */
export class Appended {
  readonly #idAt: Statement<[position: number], string>;
  readonly #fingerprint: Statement<[stream: string, key: string], string>;

  constructor(database: Database) {
    this.#idAt = database.prepare<[number], string>('SELECT id FROM events WHERE position = ?').pluck();
    this.#fingerprint = database
      .prepare<[string, string], string>('SELECT fingerprint FROM receipts WHERE stream = ? AND key = ?')
      .pluck();
  }

  /** Whether this append's last event, or its receipt if it has none, is where it was recorded. */
  has({ streamId, receipt }: Append, recorded: readonly RecordedEvent[]): boolean {
    const last = recorded.at(-1);
    if (last !== undefined) return this.#idAt.get(Number(placeIn(last.position))) === last.id;
    return receipt === undefined || this.#fingerprint.get(streamId, receipt.key) === receipt.fingerprint;
  }
}
