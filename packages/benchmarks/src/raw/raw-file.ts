import { randomUUID } from 'node:crypto';
import Database from 'better-sqlite3';
import type { PlainEvent } from '../workload/plain-events.js';
import type { RawEvent } from './raw-event.js';

/** The same tables as `store-sqlite` has for events and for rows of a read model. */
const TABLES = `
  CREATE TABLE IF NOT EXISTS events (
    position INTEGER PRIMARY KEY, stream TEXT NOT NULL, revision INTEGER NOT NULL, type TEXT NOT NULL,
    schema_version INTEGER NOT NULL, recorded_at INTEGER NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL,
    metadata TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS events_by_stream ON events (stream, revision);
  CREATE TABLE IF NOT EXISTS rows (
    model INTEGER NOT NULL, key TEXT NOT NULL, row TEXT NOT NULL, PRIMARY KEY (model, key)
  ) STRICT, WITHOUT ROWID;
`;

/** Where an event goes. */
export interface RawPlace {
  readonly stream: string;
  readonly revision: number;
}

type Inserted = [string, number, string, number, string, string, string];

/** better-sqlite3 by hand: write-ahead log, `synchronous=FULL`, everything prepared. */
export class RawFile {
  readonly database: Database.Database;
  readonly #insert: Database.Statement<Inserted>;
  readonly #stream: Database.Statement<[string], RawEvent>;
  readonly #page: Database.Statement<[number], RawEvent>;
  readonly #row: Database.Statement<[string], string>;
  readonly #putRow: Database.Statement<[string, string]>;

  constructor(path: string) {
    this.database = new Database(path);
    this.database.pragma('journal_mode = WAL');
    this.database.pragma('synchronous = FULL');
    this.database.exec(TABLES);
    this.#insert = this.database.prepare(
      'INSERT INTO events (stream, revision, type, schema_version, recorded_at, id, data, metadata) VALUES (?, ?, ?, 1, ?, ?, ?, ?)',
    );
    const columns = 'SELECT stream, type, recorded_at, data, position FROM events';
    this.#stream = this.database.prepare<[string], RawEvent>(`${columns} WHERE stream = ? ORDER BY revision`).raw();
    const page = `${columns} WHERE position > ? ORDER BY position LIMIT 1000`;
    this.#page = this.database.prepare<[number], RawEvent>(page).raw();
    this.#row = this.database.prepare<[string], string>('SELECT row FROM rows WHERE model = 1 AND key = ?').pluck();
    this.#putRow = this.database.prepare('INSERT OR REPLACE INTO rows (model, key, row) VALUES (1, ?, ?)');
  }

  /** One statement: outside a transaction it is one of its own. */
  insert({ stream, revision }: RawPlace, event: PlainEvent): void {
    const metadata = JSON.stringify({ actor: 'bench', correlationId: randomUUID() });
    const data = JSON.stringify(event.data);
    this.#insert.run(stream, revision, event.type, Date.now(), randomUUID(), data, metadata);
  }

  /** All that `write` does in one transaction. */
  together(write: () => void): void {
    this.database.transaction(write).immediate();
  }

  stream(stream: string): readonly RawEvent[] {
    return this.#stream.all(stream);
  }

  /** The next 1,000 events in the order of the store: half as dear as one at a time, or as all at once. */
  page(after: number): readonly RawEvent[] {
    return this.#page.all(after);
  }

  row(key: string): string | undefined {
    return this.#row.get(key);
  }

  putRow(key: string, row: string): void {
    this.#putRow.run(key, row);
  }

  close(): void {
    this.database.close();
  }
}
