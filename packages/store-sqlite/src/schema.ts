import { Fault } from '@login-policy/event-sourcing/values';
import type { Database } from './database.js';

/** Identifies our files among SQLite databases: `LPOL`. */
const APPLICATION_ID = 0x4c504f4c;

/** The schema version of this program. No other was ever released. A release that changes it migrates older files. */
const SCHEMA_VERSION = 6;

/**
 * The schema. Names, and texts of events, are stored once each. An event's `place_in_append` is its place in its append
 * times 65,536, plus the size of the append; 0 for a single event. `kept` lists, by number, the read models that the
 * event's transaction updated; the stored checkpoint of such a read model, `left_at`, may be older.
 */
const SCHEMA = `
  CREATE TABLE names (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
  ) STRICT;
  CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    category INTEGER NOT NULL,
    stream INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    type INTEGER NOT NULL,
    schema_version INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    id TEXT NOT NULL,
    data TEXT NOT NULL,
    metadata TEXT NOT NULL,
    place_in_append INTEGER NOT NULL DEFAULT 0,
    kept TEXT
  ) STRICT;
  CREATE UNIQUE INDEX events_by_stream ON events (stream, revision);
  CREATE VIEW recorded_events AS
    SELECT position, streams.name AS stream, revision, types.name AS type, schema_version,
      strftime('%Y-%m-%dT%H:%M:%fZ', recorded_at / 1000.0, 'unixepoch') AS recorded_at, events.id AS id, data, metadata
    FROM events JOIN names AS streams ON streams.id = stream JOIN names AS types ON types.id = type;
  CREATE TABLE receipts (
    stream TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (stream, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE models (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    left_at TEXT
  ) STRICT;
  CREATE TABLE rows (
    model INTEGER NOT NULL,
    key TEXT NOT NULL,
    row TEXT NOT NULL,
    PRIMARY KEY (model, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE row_index (
    model INTEGER NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (model, key, name, value)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX row_index_by_value ON row_index (model, name, value, key);
`;

/**
 * Creates the schema in an empty database, in one transaction; of two processes that start at once, one waits.
 *
 * @throws StoreForeign as {@link refuseForeign} does.
 */
export function createSchema(database: Database): void {
  if (versionOf(database) === SCHEMA_VERSION && isOurs(database)) return;
  const created = database.write(() => {
    refuseForeign(database);
    if (isOurs(database)) return;
    database.exec(SCHEMA);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
  if (!created.isCommitted) throw created.cause;
}

/** For a read-only program. @throws StoreForeign also when the database is empty. */
export function demandReady(database: Database): void {
  refuseForeign(database);
  if (!isOurs(database)) throw foreign(database, 'it is empty: a program that may write has to create the schema');
}

/** @throws StoreForeign when the database has foreign content, another schema version, or another encoding than UTF-8. */
export function refuseForeign(database: Database): void {
  const hasContent = database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined;
  const version = versionOf(database);
  const isMarked = applicationOf(database) !== 0 || version !== 0;
  if (!isOurs(database) && (hasContent || isMarked)) throw foreign(database, 'it is the database of another program');
  if (isOurs(database) && version !== SCHEMA_VERSION)
    throw foreign(database, `expected schema version ${SCHEMA_VERSION}, got ${version} of another release`);
  const encoding = String(database.value('PRAGMA encoding'));
  // The order of UTF-16 texts is another one.
  if (encoding !== 'UTF-8') throw foreign(database, `it holds texts in ${encoding}, not UTF-8`);
}

/** Matches the only way in which a trigger leaves out a row that is written, without an error. */
const IGNORES = /\braise\s*\(\s*ignore\s*\)/i;

/** @throws StoreForeign when a trigger of another program may leave out what is written: it would be acknowledged. */
export function refuseIgnoredWrites(database: Database): void {
  const triggers = database.prepare<[], string>("SELECT sql FROM sqlite_schema WHERE type = 'trigger'", 'value');
  if (!triggers.all().some((sql) => IGNORES.test(sql))) return;
  throw foreign(database, 'a trigger of another program may leave out what is written: it has RAISE(IGNORE)');
}

function foreign({ name: store }: Database, problem: string): Fault<'store-foreign'> {
  return new Fault('store-foreign', { store, problem });
}

function isOurs(database: Database): boolean {
  return applicationOf(database) === APPLICATION_ID;
}

function applicationOf(database: Database): number {
  return Number(database.value('PRAGMA application_id'));
}

function versionOf(database: Database): number {
  return Number(database.value('PRAGMA user_version'));
}
