import { randomUUID } from 'node:crypto';
import Database from 'better-sqlite3';
import type { PlainPolicy } from '../workload/plain-policy.js';
import {
  instanceOfStream,
  parseEvent,
  parsePolicy,
  type Decided,
  type Each,
  type RawDriver,
  type RawEvent,
  type RawRow,
} from './raw-driver.js';

const TABLES = `
  CREATE TABLE IF NOT EXISTS events (
    position INTEGER PRIMARY KEY, stream TEXT NOT NULL, revision INTEGER NOT NULL, type TEXT NOT NULL,
    schema_version INTEGER NOT NULL, recorded_at INTEGER NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL,
    metadata TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS events_by_stream ON events (stream, revision);
  CREATE TABLE IF NOT EXISTS policies (stream TEXT PRIMARY KEY, instance TEXT, policy TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS policies_by_instance ON policies (instance);
  CREATE TABLE IF NOT EXISTS checkpoint (only_one INTEGER PRIMARY KEY, position INTEGER NOT NULL) STRICT;
`;
const INSERT =
  'INSERT INTO events (stream, revision, type, schema_version, recorded_at, id, data, metadata) VALUES (?, ?, ?, 1, ?, ?, ?, ?)';
const PUT = 'INSERT INTO policies VALUES (?, ?, ?) ON CONFLICT (stream) DO UPDATE SET policy = excluded.policy';
const PAGE =
  'SELECT stream, type, recorded_at, data, position FROM events WHERE position > ? ORDER BY position LIMIT 1000';
const BEFORE =
  'SELECT type, recorded_at, data FROM events WHERE stream = ? AND revision < ? ORDER BY revision DESC LIMIT ?';
const CUSTOMIZED = 'SELECT stream FROM policies WHERE instance = ? ORDER BY stream';

type Cells = [stream: string, type: string, recordedAt: number, data: string, position: number];
type Inserted = [string, number, string, number, string, string, string];

/** better-sqlite3 by hand: write-ahead log, `synchronous=FULL`. */
export class RawSqlite implements RawDriver {
  readonly #database: Database.Database;
  readonly #insert: Database.Statement<Inserted>;
  readonly #put: Database.Statement<[string, string | null, string]>;
  readonly #row: Database.Statement<[string], string>;
  readonly #page: Database.Statement<[number], Cells>;
  readonly #before: Database.Statement<[string, number, number], [type: string, at: number, data: string]>;
  readonly #customized: Database.Statement<[string], string>;
  readonly #checkpoint: Database.Statement<[number]>;

  constructor(path: string) {
    this.#database = new Database(path);
    this.#database.pragma('journal_mode = WAL');
    this.#database.pragma('synchronous = FULL');
    this.#database.exec(TABLES);
    this.#insert = this.#database.prepare(INSERT);
    this.#put = this.#database.prepare(PUT);
    this.#row = this.#database.prepare<[string], string>('SELECT policy FROM policies WHERE stream = ?').pluck();
    this.#page = this.#database.prepare<[number], Cells>(PAGE).raw();
    this.#before = this.#database.prepare<[string, number, number], [string, number, string]>(BEFORE).raw();
    this.#customized = this.#database.prepare<[string], string>(CUSTOMIZED).pluck();
    this.#checkpoint = this.#database.prepare('INSERT OR REPLACE INTO checkpoint VALUES (1, ?)');
  }

  write(decided: readonly Decided[]): void {
    this.#together(() => {
      for (const one of decided) {
        this.#append(one);
        this.#keep([one.stream, one.policy]);
      }
    });
  }

  append(decided: readonly Decided[]): void {
    this.#together(() => {
      for (const one of decided) this.#append(one);
    });
  }

  read(streams: readonly string[]): PlainPolicy[] {
    return streams.flatMap((stream) => {
      const row = this.#row.get(stream);
      return row === undefined ? [] : [parsePolicy(row)];
    });
  }

  page(after: number, each: Each): number | undefined {
    const cells = this.#page.all(after);
    for (const [stream, type, at, data] of cells) each(stream, parseEvent(type, data), at);
    return cells.at(-1)?.[4];
  }

  before(stream: string, revision: number, count: number): RawEvent[] {
    return this.#before.all(stream, revision, count).map(([type, at, data]) => ({ event: parseEvent(type, data), at }));
  }

  customized(instance: string): string[] {
    return this.#customized.all(instance);
  }

  keep(rows: readonly RawRow[], position: number): void {
    this.#together(() => {
      for (const row of rows) this.#keep(row);
      this.#checkpoint.run(position);
    });
  }

  close(): void {
    this.#database.close();
  }

  #together(work: () => void): void {
    this.#database.transaction(work).immediate();
  }

  #append({ stream, revision, events }: Decided): void {
    for (const [index, { type, data }] of events.entries()) {
      const metadata = JSON.stringify({ actor: 'bench', correlationId: randomUUID() });
      this.#insert.run(stream, revision + index, type, Date.now(), randomUUID(), JSON.stringify(data), metadata);
    }
  }

  #keep([stream, policy]: RawRow): void {
    this.#put.run(stream, instanceOfStream(stream), JSON.stringify(policy));
  }
}
