import { randomUUID } from 'node:crypto';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { PlainPolicy } from '../workload/plain-policy.js';
import {
  factorChanges,
  instanceOfStream,
  newMetadata,
  parseEvent,
  parsePolicy,
  type Decision,
  type OnEvent,
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
  CREATE TABLE IF NOT EXISTS factors (instance TEXT, factor TEXT, stream TEXT, PRIMARY KEY (instance, factor, stream))
    STRICT, WITHOUT ROWID;
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

/** node:sqlite by hand: write-ahead log, `synchronous=FULL`. */
export class RawSqlite implements RawDriver {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #put: StatementSync;
  readonly #row: StatementSync;
  readonly #page: StatementSync;
  readonly #before: StatementSync;
  readonly #customized: StatementSync;
  readonly #checkpoint: StatementSync;
  readonly #allow: StatementSync;
  readonly #disallow: StatementSync;

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    this.#database.exec(TABLES);
    this.#insert = this.#database.prepare(INSERT);
    this.#put = this.#database.prepare(PUT);
    this.#row = this.#database.prepare('SELECT policy FROM policies WHERE stream = ?');
    this.#page = this.#database.prepare(PAGE);
    // Lists take half the time of objects.
    this.#page.setReturnArrays(true);
    this.#before = this.#database.prepare(BEFORE);
    this.#customized = this.#database.prepare(CUSTOMIZED);
    this.#allow = this.#database.prepare('INSERT INTO factors VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
    this.#disallow = this.#database.prepare('DELETE FROM factors WHERE instance = ? AND factor = ? AND stream = ?');
    this.#checkpoint = this.#database.prepare('INSERT OR REPLACE INTO checkpoint VALUES (1, ?)');
  }

  write(decided: readonly Decision[]): void {
    this.#together(() => {
      for (const one of decided) {
        this.#append(one);
        this.#keep([one.stream, one.policy]);
      }
      for (const { isAllowed, instance, factor, stream } of factorChanges(decided))
        (isAllowed ? this.#allow : this.#disallow).run(instance, factor, stream);
    });
  }

  append(decided: readonly Decision[]): void {
    this.#together(() => {
      for (const one of decided) this.#append(one);
    });
  }

  read(streams: readonly string[]): PlainPolicy[] {
    return streams.flatMap((stream) => {
      const row = this.#row.get(stream);
      return row === undefined ? [] : [parsePolicy(String(row['policy']))];
    });
  }

  page(after: number, each: OnEvent): number | undefined {
    const rows: readonly unknown[] = this.#page.all(after);
    let last: unknown;
    for (const row of rows) {
      if (!isList(row)) throw new TypeError('expected a list of columns');
      const [stream, type, at, data, position] = row;
      each(String(stream), parseEvent(String(type), String(data)), Number(at));
      last = position;
    }
    return rows.length === 0 ? undefined : Number(last);
  }

  before(stream: string, revision: number, count: number): RawEvent[] {
    return this.#before
      .all(stream, revision, count)
      .map(({ type, recorded_at: at, data }) => ({ event: parseEvent(String(type), String(data)), at: Number(at) }));
  }

  customized(instance: string): string[] {
    return this.#customized.all(instance).map(({ stream }) => String(stream));
  }

  storeRows(rows: readonly RawRow[], position: number): void {
    this.#together(() => {
      for (const row of rows) this.#keep(row);
      this.#checkpoint.run(position);
    });
  }

  close(): void {
    this.#database.close();
  }

  #together(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (caught) {
      this.#database.exec('ROLLBACK');
      throw caught;
    }
  }

  #append({ stream, revision, events }: Decision): void {
    for (const [index, { type, data }] of events.entries()) {
      const metadata = JSON.stringify(newMetadata());
      this.#insert.run(stream, revision + index, type, Date.now(), randomUUID(), JSON.stringify(data), metadata);
    }
  }

  #keep([stream, policy]: RawRow): void {
    this.#put.run(stream, instanceOfStream(stream), JSON.stringify(policy));
  }
}

function isList(row: unknown): row is readonly unknown[] {
  return Array.isArray(row);
}
