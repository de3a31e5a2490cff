import { Fault } from '@login-policy/event-sourcing';
import type { Database } from './database.js';

/** Identifies our files among SQLite databases: `LOGP`. */
const APPLICATION_ID = 0x4c4f4750;
/** The mark of files that were made before the first release. */
const UNRELEASED_ID = 0x4c504f4c;

/**
 * The step at index n migrates the schema from version n to the next. Never edit a released step.
 *
 * `events.append` is the event's place in its append times 65,536, plus the size of the append; 0 for an event that was
 * appended alone. `models.checkpoint` is written with the rows, by appends and by steps alike.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    revision INTEGER NOT NULL,
    type TEXT NOT NULL,
    schema_version INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    id TEXT NOT NULL,
    data TEXT NOT NULL,
    metadata TEXT NOT NULL,
    append INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX events_by_stream ON events (stream, revision);
  CREATE VIEW recorded_events AS
    SELECT position, stream, revision, type, schema_version,
      strftime('%Y-%m-%dT%H:%M:%fZ', recorded_at / 1000.0, 'unixepoch') AS recorded_at, id, data, metadata
    FROM events;
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
    checkpoint TEXT
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
  CREATE TABLE consumers (
    name TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    session TEXT,
    run INTEGER,
    position TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE consumer_sessions (
    session TEXT PRIMARY KEY,
    beat INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
];

/** The schema version of this program. */
export const SCHEMA_VERSION: number = MIGRATIONS.length;

/**
 * Migrates the schema to {@link SCHEMA_VERSION} in one transaction; two processes that start at once do it one after
 * another.
 *
 * @throws StoreForeign when the database is another program's, or written by a newer version of this one.
 */
export function migrate(database: Database): void {
  if (versionOf(database) === SCHEMA_VERSION && isOurs(database)) return;
  const migrated = database.write(() => {
    refuseForeign(database);
    for (const step of MIGRATIONS.slice(versionOf(database))) database.exec(step);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
  if (!migrated.isCommitted) throw migrated.cause;
}

/**
 * For a program that must not change the schema.
 *
 * @throws StoreForeign when the database is another program's, or has another schema version.
 */
export function demandReady(database: Database): void {
  refuseForeign(database);
  const version = versionOf(database);
  if (version === SCHEMA_VERSION) return;
  const problem = `expected schema version ${SCHEMA_VERSION}, got ${version}: a program that may write has to migrate it`;
  throw new Fault('store-foreign', { store: database.name, problem });
}

/** @throws StoreForeign when the schema's version is newer than this program's. */
function refuseNewer(store: string, version: number): void {
  if (version <= SCHEMA_VERSION) return;
  const problem = `expected schema version ${SCHEMA_VERSION} or older, got ${version}`;
  throw new Fault('store-foreign', { store, problem });
}

/**
 * @throws StoreForeign when the database has foreign content, another encoding than UTF-8, or was written by a newer
 * version of this program.
 */
export function refuseForeign(database: Database): void {
  const hasContent = database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined;
  const isMarked = applicationOf(database) !== 0 || versionOf(database) !== 0;
  if (applicationOf(database) === UNRELEASED_ID) {
    const problem =
      'a commit before the first release made it, and nothing reads it: move it away, or name another file';
    throw new Fault('store-foreign', { store: database.name, problem });
  }
  if (!isOurs(database) && (hasContent || isMarked)) {
    throw new Fault('store-foreign', { store: database.name, problem: 'it is the database of another program' });
  }
  refuseNewer(database.name, versionOf(database));
  const encoding = String(database.value('PRAGMA encoding'));
  // The order of UTF-16 texts is another one.
  if (encoding !== 'UTF-8')
    throw new Fault('store-foreign', { store: database.name, problem: `it holds texts in ${encoding}, not UTF-8` });
}

/** The indexes without which two events could share a revision, and lists would take long. SQLite misses none. */
const INDEXES = [
  { name: 'events_by_stream', begins: 'CREATE UNIQUE INDEX' },
  { name: 'row_index_by_value', begins: 'CREATE INDEX' },
];

/** @throws StoreDamaged when an index is missing, or was made anew and lets two events share a revision. */
export function refuseMissingIndexes(database: Database): void {
  const indexes = database.prepare<[], readonly [name: string, sql: string | null]>(
    "SELECT name, sql FROM sqlite_schema WHERE type = 'index'",
    'list',
  );
  const found = new Map(indexes.all());
  for (const { begins, name } of INDEXES) {
    if (found.get(name)?.startsWith(begins) === true) continue;
    const problem = `the index ${name} is ${found.has(name) ? `not one of \`${begins}\`` : 'missing'}`;
    throw new Fault('store-damaged', { store: database.name, problem });
  }
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
