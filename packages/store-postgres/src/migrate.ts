import { parseOptions } from '@login-policy/event-sourcing';
import { migrate, migrationSql, VERSION } from './migrations.js';
import { PoolErrors } from './pool-errors.js';
import { connectionOf } from './postgres-store.js';
import { schemaNamed } from './schema.js';
import { MIGRATION_OPTIONS, SCRIPT_OPTIONS, settingsOf, type PostgresMigrationOptions } from './settings.js';

/** The schema version before and after. */
export interface PostgresMigration {
  /** 0 when the schema did not exist. */
  readonly from: number;
  readonly to: number;
}

/**
 * Migrates a schema to this program's version, or creates it, with a privileged role; others then open the store with
 * `migrate: 'check'`. Idempotent. It has no time-out.
 *
 * @throws StoreForeign when the schema is another program's, of a newer version that does not support this one, or of
 * a commit before the first release.
 * @throws StoreUnavailable when there is no server, when it falls silent, or when a table was in use for longer than
 * `lockTimeoutMs`.
 * @throws RangeError that names an unknown or malformed option.
 */
export async function migratePostgresStore(given: PostgresMigrationOptions): Promise<PostgresMigration> {
  const options = parseOptions(given, 'migratePostgresStore', MIGRATION_OPTIONS);
  const schema = schemaNamed(options.schema ?? 'login_policy');
  const poolErrors = PoolErrors.of(options.pool);
  poolErrors.register();
  try {
    const from = await migrate(connectionOf(options.pool, settingsOf(options), schema), schema);
    return { from, to: Math.max(from, VERSION) };
  } finally {
    poolErrors.unregister();
  }
}

/**
 * The SQL of {@link migratePostgresStore}, for running it manually: for a missing schema, or one at the version `from`
 * (`SELECT max(version) FROM login_policy.versions`). Empty when there is nothing to do.
 *
 * @throws RangeError that names an unknown or malformed option, or a version that is not a whole number from 0 on.
 */
export function postgresMigration(given: { readonly schema?: string; readonly from?: number } = {}): string {
  const { schema: name = 'login_policy', from = 0 } = parseOptions(given, 'postgresMigration', SCRIPT_OPTIONS);
  const schema = schemaNamed(name);
  const sql = migrationSql(schema, from);
  const lock = `SELECT pg_catalog.pg_advisory_xact_lock(${schema.migrateLock});`;
  return sql === '' ? '' : ['BEGIN;', lock, sql, 'COMMIT;', ''].join('\n');
}
