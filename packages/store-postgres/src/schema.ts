import { StoreForeign } from '@login-policy/event-sourcing';
import type { ClientBase } from 'pg';
import type { Connection } from './connection.js';
import { query } from './queries.js';
import { DROP_OLD_FUNCTIONS, FUNCTIONS } from './functions.js';
import { lockNumber } from './names.js';
import { COLUMNS_OF_VERSION_4, REVOCATIONS, TABLES } from './tables.js';

/** The names of everything in one schema. */
export interface Schema {
  /** As it was given. */
  readonly name: string;
  /** As it stands in a statement. */
  readonly quoted: string;
  /** Of the lock a writer holds. */
  readonly appendLock: bigint;
  /** Of the lock whoever listens holds, shared. */
  readonly listenLock: bigint;
}

// Each entry brings the schema from the version before it to its own. What they say of tables is for ever, a change is a new
// one. The third made functions anew, as the last one does.
const MIGRATIONS: readonly string[] = [
  TABLES,
  REVOCATIONS,
  '',
  [COLUMNS_OF_VERSION_4, DROP_OLD_FUNCTIONS, FUNCTIONS].join('\n'),
];

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/** The schema of that name. @throws RangeError when it is not 1 to 63 letters, digits and underscores. */
export function schemaNamed(name: string): Schema {
  if (!NAME.test(name) || name.startsWith('pg_')) {
    throw new RangeError(`a schema is named by 1 to 63 letters, digits and _, unlike ${JSON.stringify(name)}`);
  }
  return {
    name,
    quoted: `"${name}"`,
    appendLock: lockNumber('append', name),
    listenLock: lockNumber('listen', name),
  };
}

/**
 * Brings the schema to this program's version, or makes it. Of two that start at once one does it and the other waits.
 *
 * @throws StoreForeign when a newer program made it, or another one, or the database does not hold UTF-8.
 */
export async function prepareSchema(connection: Connection, schema: Schema): Promise<void> {
  if ((await connection.faulty(() => connection.use((client) => versionOf(client, schema)))) === MIGRATIONS.length)
    return;
  await connection.faulty(() => connection.transaction((client) => migrate(client, schema)));
}

async function migrate(client: ClientBase, schema: Schema): Promise<void> {
  await query(client, 'SELECT pg_catalog.pg_advisory_xact_lock($1)', [lockNumber('migrate', schema.name).toString()]);
  const found = await versionOf(client, schema);
  if (found === undefined) {
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema.quoted}`);
  }
  await client.query(`CREATE TABLE IF NOT EXISTS ${schema.quoted}.migrations (
    version integer PRIMARY KEY, done_at timestamptz NOT NULL DEFAULT now())`);
  for (let version = (found ?? 0) + 1; version <= MIGRATIONS.length; version++) {
    await client.query(inSchema(MIGRATIONS[version - 1] ?? '', schema));
    await query(client, `INSERT INTO ${schema.quoted}.migrations (version) VALUES ($1)`, [version]);
  }
}

/** The version the schema is at: 0 when it is there and empty, `undefined` when it is not there. */
async function versionOf(client: ClientBase, schema: Schema): Promise<number | undefined> {
  const [found] = await query(
    client,
    `SELECT current_setting('server_encoding'), n.oid IS NOT NULL, t.oid IS NOT NULL,
       EXISTS (SELECT FROM pg_class AS other WHERE other.relnamespace = n.oid)
     FROM (SELECT 1) AS one LEFT JOIN pg_namespace AS n ON n.nspname = $1
     LEFT JOIN pg_class AS t ON t.relnamespace = n.oid AND t.relname = 'migrations'`,
    [schema.name],
  );
  const [encoding, isThere, hasMigrations, hasSomething] = found ?? [];
  if (encoding !== 'UTF8') throw foreign(schema, `its database holds ${encoding ?? 'nothing'}, not UTF8`);
  if (isThere !== 't') return undefined;
  if (hasMigrations !== 't') {
    if (hasSomething === 't') throw foreign(schema, 'it holds the tables of another program');
    return 0;
  }
  const [row] = await query(client, `SELECT max(version) FROM ${schema.quoted}.migrations`);
  const version = Number(row?.[0] ?? 0);
  if (version > MIGRATIONS.length) {
    throw foreign(
      schema,
      `a newer program made it: it is at version ${version}, and ${MIGRATIONS.length} is known here`,
    );
  }
  return version;
}

function foreign(schema: Schema, problem: string): StoreForeign {
  return new StoreForeign({ store: `the PostgreSQL schema ${schema.name}`, problem });
}

function inSchema(migration: string, schema: Schema): string {
  return migration
    .replaceAll('{schema}', () => schema.quoted)
    .replaceAll('{append_lock}', () => `(${schema.appendLock})::bigint`)
    .replaceAll('{listen_lock}', () => `(${schema.listenLock})::bigint`)
    .replaceAll('{channel}', () => `'${schema.name}'`);
}
