import { StoreForeign } from '@login-policy/event-sourcing/store';
import type { Database } from './database.js';

/** Tells a file of ours from any other SQLite database: `LPOL`. */
const APPLICATION_ID = 0x4c504f4c;

/** Each step brings the schema from the version of its place to the next; a step that was released is never edited. */
const MIGRATIONS: readonly string[] = [
  `
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
    metadata TEXT NOT NULL
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
    PRIMARY KEY (model, key, name)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX row_index_by_value ON row_index (model, name, value, key);
  `,
  // The place of an event in its append times 65,536, and how many there are: 0 for a single one, and for all that were there.
  'ALTER TABLE events ADD COLUMN append INTEGER NOT NULL DEFAULT 0;',
  // Checkpoints say which event they stand for: read models of before are kept anew from the first event.
  'DELETE FROM models; DELETE FROM rows; DELETE FROM row_index;',
  // A row may be under several values of one index.
  `
  CREATE TABLE row_values (
    model INTEGER NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (model, key, name, value)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO row_values SELECT model, key, name, value FROM row_index;
  DROP TABLE row_index;
  ALTER TABLE row_values RENAME TO row_index;
  CREATE INDEX row_index_by_value ON row_index (model, name, value, key);
  `,
  // Each event says by their numbers which read models its transaction kept; what a read model says itself is where it was left. By the
  // other name of that, a program of before that is still running fails, and does not reduce again what was kept without its knowing.
  `
  ALTER TABLE events ADD COLUMN kept TEXT;
  ALTER TABLE models RENAME COLUMN checkpoint TO left_at;
  `,
  // One that opened no read model never writes that, and would append without saying what it left behind: now it fails, too.
  'ALTER TABLE events RENAME COLUMN append TO place_in_append;',
];

/** The version this program writes. */
export const SCHEMA_VERSION: number = MIGRATIONS.length;

/**
 * Brings the schema up to {@link SCHEMA_VERSION} in one transaction; two processes that start at once take turns.
 *
 * @throws StoreForeign when the database is another program's, or a newer version of this one wrote it.
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

/** For a program that may not write. @throws StoreForeign when the database is another program's, or is not of this program's version. */
export function demandReady(database: Database): void {
  refuseForeign(database);
  const version = versionOf(database);
  if (version === SCHEMA_VERSION) return;
  const problem = `its schema is version ${version}, and has to be brought to ${SCHEMA_VERSION} by a program that may write`;
  throw new StoreForeign({ store: database.name, problem });
}

/** @throws StoreForeign when the schema's version is one that this program does not know. */
function refuseNewer(store: string, version: number): void {
  if (version <= SCHEMA_VERSION) return;
  const problem = `its schema is version ${version}, and this program knows up to ${SCHEMA_VERSION}`;
  throw new StoreForeign({ store, problem });
}

/** @throws StoreForeign when the database has something in it that is not ours, or a newer version of this program wrote it. */
export function refuseForeign(database: Database): void {
  const hasContent = database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined;
  const isMarked = applicationOf(database) !== 0 || versionOf(database) !== 0;
  if (!isOurs(database) && (hasContent || isMarked)) {
    throw new StoreForeign({ store: database.name, problem: 'it is the database of another program' });
  }
  refuseNewer(database.name, versionOf(database));
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
