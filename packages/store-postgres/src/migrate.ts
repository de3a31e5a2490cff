import { parseOptions } from '@login-policy/event-sourcing/options';
import type { Pool } from 'pg';
import { migrate, migrationSql, VERSION } from './migrations.js';
import { PoolCare } from './pool-care.js';
import { connectionOf } from './postgres-store.js';
import { schemaNamed } from './schema.js';
import { MIGRATION_OPTIONS, settingsOf } from './settings.js';

/** Which schema is to be brought to this program's version. */
export interface PostgresMigrationOptions {
  readonly pool: Pool;
  /** Default `login_policy`. */
  readonly schema?: string;
  /** How long a change of a table waits for who uses it, while others wait behind it. Default 5,000 ms. */
  readonly lockTimeoutMs?: number;
}

/** From which schema version to which. */
export interface PostgresMigration {
  /** 0 when it was not there. */
  readonly from: number;
  readonly to: number;
}

/**
 * Brings a schema to the version this program needs, or makes it, by a role that may: then others open the store with
 * `migrate: 'check'`. Done twice, the second does nothing. It has no time-out.
 *
 * @throws StoreForeign when the schema is another program's, or of a newer version that does not serve this one, or of one that was
 * never handed out.
 * @throws StoreUnavailable when there is no server, or a table was in use for longer than `lockTimeoutMs`.
 * @throws RangeError naming an option that is unknown or malformed.
 */
export async function migratePostgresStore(given: PostgresMigrationOptions): Promise<PostgresMigration> {
  const options = parseOptions(given, 'migratePostgresStore', MIGRATION_OPTIONS);
  const schema = schemaNamed(options.schema ?? 'login_policy');
  const care = PoolCare.of(options.pool);
  care.begin();
  try {
    const from = await migrate(connectionOf(options.pool, settingsOf(options), schema), schema);
    return { from, to: Math.max(from, VERSION) };
  } finally {
    care.end();
  }
}

/**
 * The SQL that {@link migratePostgresStore} runs, for who runs it by themselves: from a schema that is not there, or that is at the
 * version `from` (`SELECT max(version) FROM login_policy.migrations`). Empty when there is nothing to do.
 *
 * @throws RangeError for what is not a name of a schema, or a version that was never handed out.
 */
export function postgresMigration(options: { readonly schema?: string; readonly from?: number } = {}): string {
  const schema = schemaNamed(options.schema ?? 'login_policy');
  const { from = 0 } = options;
  const sql = migrationSql(schema, from);
  const lock = `SELECT pg_catalog.pg_advisory_xact_lock(${schema.migrateLock});`;
  return sql === '' ? '' : ['BEGIN;', lock, sql, 'COMMIT;', ''].join('\n');
}
