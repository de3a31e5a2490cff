import { Fault } from '@login-policy/event-sourcing';
import { sql, textIn, type Database } from './database.js';

/** The version of the tables. */
const VERSION = '1';

/** A number that is only used for this lock: two first starts must not create the tables at the same time. */
const LOCK = 7_420_013_991;

type Kind = 'postgres' | 'sqlite';

const FIND_TABLE: Readonly<Record<Kind, string>> = {
  postgres: "SELECT to_regclass('iam.meta')::text AS name",
  sqlite: "SELECT name FROM sqlite_master WHERE name = 'meta'",
};

/** What only PostgreSQL needs, and SQLite has by other means. */
const POSTGRES = [
  `SELECT pg_advisory_xact_lock(${LOCK})`,
  'CREATE SCHEMA IF NOT EXISTS iam',
  `CREATE OR REPLACE FUNCTION iam.now_ms() RETURNS bigint LANGUAGE sql VOLATILE
     AS 'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint'`,
];

/** Times are milliseconds since 1970 by the clock of the database. */
const TABLES = [
  // The version, the generation of all secrets, the version of the directory, a secret for signatures.
  'CREATE TABLE IF NOT EXISTS iam.meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)',
  'CREATE TABLE IF NOT EXISTS iam.instances (id TEXT PRIMARY KEY, name TEXT NOT NULL, added_at BIGINT NOT NULL)',
  `CREATE TABLE IF NOT EXISTS iam.hosts (host TEXT PRIMARY KEY,
     instance TEXT NOT NULL REFERENCES iam.instances ON DELETE CASCADE)`,
  `CREATE TABLE IF NOT EXISTS iam.organizations (instance TEXT NOT NULL REFERENCES iam.instances ON DELETE CASCADE,
     id TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (instance, id))`,
  // Without an organization, every policy of the instance may link it.
  `CREATE TABLE IF NOT EXISTS iam.identity_providers (instance TEXT NOT NULL REFERENCES iam.instances ON DELETE CASCADE,
     id TEXT NOT NULL, organization TEXT, name TEXT NOT NULL, type TEXT NOT NULL, PRIMARY KEY (instance, id),
     FOREIGN KEY (instance, organization) REFERENCES iam.organizations ON DELETE CASCADE)`,
  // Without an organization, a user belongs to the instance itself.
  `CREATE TABLE IF NOT EXISTS iam.users (instance TEXT NOT NULL REFERENCES iam.instances ON DELETE CASCADE,
     id TEXT NOT NULL, organization TEXT, name TEXT NOT NULL, role TEXT NOT NULL, mfa_skipped_at BIGINT,
     disabled_at BIGINT, PRIMARY KEY (instance, id), UNIQUE (instance, name),
     FOREIGN KEY (instance, organization) REFERENCES iam.organizations ON DELETE CASCADE)`,
  // Everything that lets a user in: the password, each factor, and links to identity providers (their id is the
  // secret). A new password is a new row, so that it takes the checks of the old one with it.
  `CREATE TABLE IF NOT EXISTS iam.credentials (id TEXT PRIMARY KEY, instance TEXT NOT NULL, user_id TEXT NOT NULL,
     kind TEXT NOT NULL, secret TEXT NOT NULL, step BIGINT NOT NULL DEFAULT 0, ready BIGINT NOT NULL DEFAULT 1,
     added_at BIGINT NOT NULL, used_at BIGINT,
     FOREIGN KEY (instance, user_id) REFERENCES iam.users ON DELETE CASCADE)`,
  'CREATE INDEX IF NOT EXISTS credentials_of_user ON iam.credentials (instance, user_id)',
  `CREATE UNIQUE INDEX IF NOT EXISTS one_of_a_kind ON iam.credentials (instance, user_id, kind)
     WHERE kind IN ('PASSWORD', 'TOTP')`,
  `CREATE TABLE IF NOT EXISTS iam.machines (digest TEXT PRIMARY KEY,
     instance TEXT NOT NULL REFERENCES iam.instances ON DELETE CASCADE, id TEXT NOT NULL, role TEXT NOT NULL,
     UNIQUE (instance, id))`,
  `CREATE TABLE IF NOT EXISTS iam.sessions (digest TEXT PRIMARY KEY, instance TEXT NOT NULL, user_id TEXT NOT NULL,
     began_at BIGINT NOT NULL, until BIGINT NOT NULL,
     FOREIGN KEY (instance, user_id) REFERENCES iam.users ON DELETE CASCADE)`,
  'CREATE INDEX IF NOT EXISTS sessions_of_user ON iam.sessions (instance, user_id)',
  // What a session has verified. A credential that is removed takes its checks with it.
  `CREATE TABLE IF NOT EXISTS iam.checks (session TEXT NOT NULL REFERENCES iam.sessions ON DELETE CASCADE,
     credential TEXT NOT NULL REFERENCES iam.credentials ON DELETE CASCADE, at BIGINT NOT NULL,
     PRIMARY KEY (session, credential))`,
  'CREATE INDEX IF NOT EXISTS checks_of_credential ON iam.checks (credential)',
  'CREATE TABLE IF NOT EXISTS iam.used_challenges (digest TEXT PRIMARY KEY, until BIGINT NOT NULL)',
  // Wrong tries to sign in: `drained_at` is when all of them are forgotten, `until` how long no other is taken.
  'CREATE TABLE IF NOT EXISTS iam.tries (key TEXT PRIMARY KEY, drained_at BIGINT NOT NULL, until BIGINT NOT NULL)',
];

/**
 * Creates the tables, unless they are there.
 *
 * @throws Fault when they are of a newer program
 */
export async function ensureTables(database: Database, kind: Kind): Promise<void> {
  const found = await versionIn(database, kind);
  if (found === VERSION) return;
  if (found !== undefined) {
    const problem = `its tables have the version ${found}, which a newer program wrote`;
    throw new Fault('store-foreign', { store: database.name, problem });
  }
  const texts = kind === 'postgres' ? [...POSTGRES, ...TABLES] : ['SELECT 1', ...TABLES];
  await database.atOnce([
    ...texts.map((text) => ({ sql: text, values: [] })),
    sql`INSERT INTO iam.meta (key, value) VALUES ('version', ${VERSION}) ON CONFLICT (key) DO NOTHING`,
  ]);
}

/** The version of the tables; `undefined` when there are none. */
async function versionIn(database: Database, kind: Kind): Promise<string | undefined> {
  const [table] = await database.run({ sql: FIND_TABLE[kind], values: [] });
  if (typeof table?.['name'] !== 'string') return undefined;
  const [row] = await database.run(sql`SELECT value FROM iam.meta WHERE key = 'version'`);
  return row && textIn(row, 'value');
}
