import { Fault } from '@login-policy/event-sourcing';
import { TIME_UP, within } from '@login-policy/event-sourcing/store';
import type { ClientBase } from 'pg';
import type { Connection } from './connection.js';
import { ConnectionSilent } from './in-time.js';
import { type TimeOuts, limitsOfMigration, longestMs, longestWait } from './time-outs.js';
import { query } from './queries.js';
import { NoPrimary, ROWS_HIDDEN } from './reading-session.js';
import { PATH, type Schema, demandPath, nameOf } from './schema.js';
import { CONSUMERS, EVENTS, READ_MODELS } from './tables.js';
import { ADVANCE_READ_MODEL } from './advance-function.js';
import { APPEND } from './append-function.js';
import { FIND_EVENT_AT } from './checkpoints.js';
import { LOCK_AND_LOOK_UP } from './look-up-function.js';

/**
 * The schema version of this program. The next version may only add columns, and functions with names of their own; this
 * version's functions must then maintain what is new. It says in `serves_from` which programs can run beside it.
 */
export const VERSION = 1;

/** What to do with an older schema: migrate it or refuse it. */
export type Migrating = 'run' | 'check';

/**
 * Migrates the schema to this program's version, or creates it. Of two concurrent calls, one waits for the other. A
 * newer version is left as it is if it supports this program.
 *
 * @throws StoreForeign when the schema is another program's or too new, when the database is not in UTF-8, or when the
 * schema is older and may only be checked.
 */
export async function prepareSchema(connection: Connection, schema: Schema, migrating: Migrating): Promise<void> {
  // In a transaction, so that a pooler without transactions fails now and not at the first command.
  const found = await connection.withFaults(() => connection.transaction(({ client }) => versionOf(client, schema)));
  if (found !== undefined && found >= VERSION) return;
  if (migrating === 'check') {
    const is = found === undefined ? 'it does not exist' : `it is at version ${found}`;
    throw foreign(
      schema,
      `${is}, and this program needs ${VERSION}: run migratePostgresStore, or the SQL that postgresMigration returns`,
    );
  }
  await migrate(connection, schema);
}

/**
 * Migrates the schema, and returns its previous version; 0 when it did not exist. A migration has no time-out. Its
 * answer is lost when the server answers no new connection, or when two checks find that nobody holds the lock.
 */
export function migrate(connection: Connection, schema: Schema): Promise<number> {
  const { source, timeOuts } = connection;
  const [lost, checkMs] = [new AbortController(), longestMs(timeOuts)];
  const migrating = connection.useUntimed((client) => migrateOn(client, timeOuts, schema), undefined, lost.signal);
  const tryLock = `SELECT pg_catalog.pg_try_advisory_xact_lock(${schema.migrateLock})`;
  return connection.withFaults(async () => {
    for (let freeChecks = 0; freeChecks < 2;) {
      const migrated = await within(migrating, checkMs);
      if (migrated !== TIME_UP) return migrated;
      const isFree = await source.askAnew(tryLock);
      if (isFree === undefined) break;
      freeChecks = isFree === 't' ? freeChecks + 1 : 0;
    }
    lost.abort();
    throw new ConnectionSilent(checkMs);
  });
}

async function migrateOn(client: ClientBase, timeOuts: TimeOuts, schema: Schema): Promise<number> {
  await client.query(`BEGIN; ${limitsOfMigration(timeOuts)}`);
  await query(client, 'SELECT pg_catalog.pg_advisory_xact_lock($1)', [schema.migrateLock.toString()]);
  const from = (await versionOf(client, schema)) ?? 0;
  // Limited from here on, because a change that waits for a table blocks all later readers of the table.
  await client.query(`SET LOCAL lock_timeout = ${longestWait(timeOuts)}`);
  await client.query(`${migrationSql(schema, from)} COMMIT`);
  return from;
}

/**
 * All statements that migrate a schema from a version, to be run in one transaction.
 *
 * @throws RangeError for a number that is not a version.
 */
export function migrationSql(schema: Schema, from: number): string {
  if (!Number.isInteger(from) || from < 0) throw new RangeError(`from is a schema version from 0 on, unlike ${from}`);
  return from >= VERSION ? '' : inSchema([OWN_PATH, ...STEPS].join('\n'), schema);
}

/** Pins the search_path, so that names have PostgreSQL's meaning whatever role runs this. */
const OWN_PATH = 'SET LOCAL search_path = pg_catalog, pg_temp;';

/** The owner of an existing schema need not have the right to create one. */
const SCHEMA = `DO $$ BEGIN
  IF pg_catalog.to_regnamespace('{schema}') IS NULL THEN CREATE SCHEMA {schema}; END IF;
END $$;
CREATE TABLE IF NOT EXISTS {schema}.versions (
  version integer PRIMARY KEY, serves_from integer NOT NULL, done_at timestamptz NOT NULL DEFAULT now());`;

/** Programs older than `serves_from` can't use the schema. */
const RECORD_VERSION = `INSERT INTO {schema}.versions (version, serves_from) VALUES (${VERSION}, 1) ON CONFLICT DO NOTHING;`;

/**
 * The SQL that creates the PL/pgSQL functions of the schema.
 *
 * When a newer program has migrated the schema, an older program that is still running calls the functions that it
 * knows. Therefore a function whose parameters or answers change gets a new name.
 */
const FUNCTIONS = [FIND_EVENT_AT, LOCK_AND_LOOK_UP, APPEND, ADVANCE_READ_MODEL].join('\n');

/** The steps that create the schema. A later version gets steps from each earlier one. */
const STEPS: readonly string[] = [SCHEMA, EVENTS, READ_MODELS, FUNCTIONS, CONSUMERS, RECORD_VERSION];

/**
 * The schema's version: 0 when it is empty, `undefined` when it does not exist.
 *
 * @throws StoreForeign when it is another program's, or was renamed: its functions still write to the schema of its old
 * name.
 */
async function versionOf(client: ClientBase, schema: Schema): Promise<number | undefined> {
  const [found] = await query(
    client,
    `SELECT ${PATH}, pg_catalog.current_setting('server_encoding'), pg_catalog.current_setting('transaction_read_only'), n.oid IS NOT NULL, t.oid IS NOT NULL,
       EXISTS (SELECT FROM pg_catalog.pg_class AS other WHERE other.relnamespace OPERATOR(pg_catalog.=) n.oid),
       EXISTS (SELECT FROM pg_catalog.pg_class AS other WHERE other.relnamespace OPERATOR(pg_catalog.=) n.oid
         AND pg_catalog.row_security_active(other.oid)),
       EXISTS (SELECT FROM pg_catalog.pg_proc AS f WHERE f.pronamespace OPERATOR(pg_catalog.=) n.oid
         AND f.proname OPERATOR(pg_catalog.=) 'append' AND pg_catalog.strpos(f.prosrc, $2) OPERATOR(pg_catalog.=) 0),
       EXISTS (SELECT FROM pg_catalog.pg_proc AS f WHERE f.pronamespace OPERATOR(pg_catalog.=) n.oid
         AND f.proname OPERATOR(pg_catalog.~) '^append_v[0-9]+$')
     FROM (SELECT 1) AS one LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname OPERATOR(pg_catalog.=) $1
     LEFT JOIN pg_catalog.pg_class AS t
       ON t.relnamespace OPERATOR(pg_catalog.=) n.oid AND t.relname OPERATOR(pg_catalog.=) 'versions'`,
    [schema.name, `${schema.quoted}.`],
  );
  const [path, encoding, readOnly, isThere, hasVersions, hasSomething, hidesRows, isRenamed, isUnreleased] =
    found ?? [];
  demandPath(nameOf(schema), path);
  if (readOnly !== 'off') throw new NoPrimary();
  if (encoding !== 'UTF8') throw foreign(schema, `its database holds ${encoding ?? 'nothing'}, not UTF8`);
  if (isThere !== 't') return undefined;
  if (hasVersions !== 't') {
    if (isUnreleased === 't') throw foreign(schema, UNRELEASED);
    if (hasSomething === 't') throw foreign(schema, 'it holds the tables of another program');
    return 0;
  }
  if (hidesRows === 't') throw foreign(schema, ROWS_HIDDEN);
  if (isRenamed === 't')
    throw foreign(schema, 'it was renamed, and its functions write to the schema of its old name: rename it back');
  const [row] = await query(client, `SELECT max(version) FROM ${schema.quoted}.versions`);
  const version = Number(row?.[0] ?? 0);
  if (version > VERSION) await demandServed(client, schema, version);
  return version;
}

/** For a schema whose functions have the number of a version in their names. */
const UNRELEASED = 'a commit before the first release made it, and nothing reads it: drop it or name another schema';

async function demandServed(client: ClientBase, schema: Schema, version: number): Promise<void> {
  const [row] = await query(client, `SELECT serves_from FROM ${schema.quoted}.versions WHERE version = $1`, [version]);
  if (Number(row?.[0]) <= VERSION) return;
  throw foreign(schema, `it is at version ${version} of a newer program, which does not support version ${VERSION}`);
}

function foreign(schema: Schema, problem: string): Fault<'store-foreign'> {
  return new Fault('store-foreign', { store: nameOf(schema), problem });
}

function inSchema(migration: string, schema: Schema): string {
  return migration
    .replaceAll('{schema}', () => schema.quoted)
    .replaceAll('{append_lock}', () => `(${schema.appendLock})::bigint`);
}
