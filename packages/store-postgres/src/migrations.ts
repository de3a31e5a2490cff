import { StoreForeign } from '@login-policy/event-sourcing/store';
import type { ClientBase } from 'pg';
import { MARK_ALL } from './checkpoints.js';
import type { Connection } from './connection.js';
import { ISOLATION, longestWait } from './time-outs.js';
import { FUNCTIONS } from './functions.js';
import { query } from './queries.js';
import { NoPrimary } from './primaries.js';
import { demandPath, nameOf, PATH, type Schema } from './schema.js';
import { CONSUMERS, EVENTS, FROM_3, FROM_9, READ_MODELS } from './tables.js';

/**
 * The schema version of this program. The next one only adds columns, and functions with its number in their names, and has those of this one
 * do what is new.
 */
export const VERSION = 12;

/** What to do with a schema of an older version: bring it to this program's, or refuse it. */
export type Migrating = 'run' | 'check';

/**
 * Brings the schema to this program's version, or makes it. Of two that start at once one does it and the other waits. The next
 * version is left as it is, if it says that this program runs on it.
 *
 * @throws StoreForeign when another program made it, or one that is too new, or the database does not hold UTF-8; or it is older
 * and may only be checked.
 */
export async function prepareSchema(connection: Connection, schema: Schema, migrating: Migrating): Promise<void> {
  // In a transaction, so that a pooler which has none refuses it now, and not the first command.
  const found = await connection.faulty(() => connection.transaction(({ client }) => versionOf(client, schema)));
  if (found !== undefined && found >= VERSION) return;
  if (migrating === 'check') {
    const is = found === undefined ? 'it is not there' : `it is at version ${found}`;
    throw foreign(
      schema,
      `${is}, and this program needs ${VERSION}: run migratePostgresStore, or what postgresMigration prints`,
    );
  }
  await migrate(connection, schema);
}

/** Brings the schema to this program's version, and says at which it was: 0 when it was not there. However long it takes. */
export async function migrate(connection: Connection, schema: Schema): Promise<number> {
  return connection.faulty(() =>
    connection.patiently(async (client) => {
      await client.query(`BEGIN; ${ISOLATION} SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0`);
      await query(client, 'SELECT pg_catalog.pg_advisory_xact_lock($1)', [schema.migrateLock.toString()]);
      const from = (await versionOf(client, schema)) ?? 0;
      // Readers wait behind a change of a table that waits itself.
      await client.query(`SET LOCAL lock_timeout = ${longestWait(connection.timeOuts)}`);
      await client.query(`${migrationSql(schema, from)} COMMIT`);
      return from;
    }),
  );
}

/**
 * All statements that bring a schema from a version to this program's, to be run in one transaction.
 *
 * @throws RangeError for a version that nothing is known of.
 */
export function migrationSql(schema: Schema, from: number): string {
  if (!Number.isInteger(from) || !isKnown(from))
    throw new RangeError(
      `from is a schema version: 0, 3, 8, 9, 10, 11 or at least ${VERSION}; ${from} was never handed out`,
    );
  return from >= VERSION ? '' : inSchema([OWN_PATH, ...(STEPS[from] ?? [])].join('\n'), schema);
}

/** Names mean what PostgreSQL has, no matter which role runs this. */
const OWN_PATH = 'SET LOCAL search_path = pg_catalog, pg_temp;';

/** The owner of a schema need not be allowed to make one. */
const SCHEMA = `DO $$ BEGIN
  IF pg_catalog.to_regnamespace('{schema}') IS NULL THEN CREATE SCHEMA {schema}; END IF;
END $$;
CREATE TABLE IF NOT EXISTS {schema}.migrations (
  version integer PRIMARY KEY, done_at timestamptz NOT NULL DEFAULT now());`;

function isKnown(version: number): boolean {
  return version in STEPS || version >= VERSION;
}

/** Says which is the oldest version whose programs run on this one: those before it have to be stopped. */
function mark(servesFrom: number): string {
  return `ALTER TABLE {schema}.migrations ADD COLUMN IF NOT EXISTS serves_from integer;
INSERT INTO {schema}.migrations (version, serves_from) VALUES (${VERSION}, ${servesFrom});`;
}

/**
 * How each version is brought to this one. Those beside them were steps on the way, and never handed out. The functions of version 9 are
 * there in each, for its programs.
 */
const STEPS: Readonly<Record<number, readonly string[]>> = {
  0: [SCHEMA, EVENTS, READ_MODELS, FUNCTIONS, CONSUMERS, mark(9)],
  3: [FROM_3, READ_MODELS, FUNCTIONS, CONSUMERS, mark(9)],
  8: [FROM_9, FUNCTIONS, MARK_ALL, CONSUMERS, mark(9)],
  9: [FROM_9, FUNCTIONS, MARK_ALL, CONSUMERS, mark(9)],
  10: [FUNCTIONS, CONSUMERS, mark(9)],
  11: [FUNCTIONS, mark(9)],
};

/** The version the schema is at: 0 when it is there and empty, `undefined` when it is not there. */
async function versionOf(client: ClientBase, schema: Schema): Promise<number | undefined> {
  const [found] = await query(
    client,
    `SELECT ${PATH}, pg_catalog.current_setting('server_encoding'), pg_catalog.current_setting('transaction_read_only'), n.oid IS NOT NULL, t.oid IS NOT NULL,
       EXISTS (SELECT FROM pg_catalog.pg_class AS other WHERE other.relnamespace OPERATOR(pg_catalog.=) n.oid)
     FROM (SELECT 1) AS one LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname OPERATOR(pg_catalog.=) $1
     LEFT JOIN pg_catalog.pg_class AS t
       ON t.relnamespace OPERATOR(pg_catalog.=) n.oid AND t.relname OPERATOR(pg_catalog.=) 'migrations'`,
    [schema.name],
  );
  const [path, encoding, readOnly, isThere, hasMigrations, hasSomething] = found ?? [];
  demandPath(nameOf(schema), path);
  if (readOnly !== 'off') throw new NoPrimary();
  if (encoding !== 'UTF8') throw foreign(schema, `its database holds ${encoding ?? 'nothing'}, not UTF8`);
  if (isThere !== 't') return undefined;
  if (hasMigrations !== 't') {
    if (hasSomething === 't') throw foreign(schema, 'it holds the tables of another program');
    return 0;
  }
  const [row] = await query(client, `SELECT max(version) FROM ${schema.quoted}.migrations`);
  const version = Number(row?.[0] ?? 0);
  if (!isKnown(version))
    throw foreign(schema, `it is at version ${version}, which was never handed out: drop it or name another schema`);
  if (version > VERSION) await demandServed(client, schema, version);
  return version;
}

async function demandServed(client: ClientBase, schema: Schema, version: number): Promise<void> {
  const [row] = await query(client, `SELECT serves_from FROM ${schema.quoted}.migrations WHERE version = $1`, [
    version,
  ]);
  if (row?.[0] !== null && row?.[0] !== undefined && Number(row[0]) <= VERSION) return;
  throw foreign(schema, `a newer program made it: it is at version ${version}, and ${VERSION} is known here`);
}

function foreign(schema: Schema, problem: string): StoreForeign {
  return new StoreForeign({ store: nameOf(schema), problem });
}

function inSchema(migration: string, schema: Schema): string {
  return migration
    .replaceAll('{schema}', () => schema.quoted)
    .replaceAll('{append_lock}', () => `(${schema.appendLock})::bigint`)
    .replaceAll('{listen_lock}', () => `(${schema.listenLock})::bigint`)
    .replaceAll('{channel}', () => `'${schema.name}'`);
}
