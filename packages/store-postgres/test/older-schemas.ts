import { readFileSync } from 'node:fs';
import type { Pool } from 'pg';
import { lockOf } from './locks.js';

const VERSION_9 = readFileSync(new URL('../test/schema-of-version-9.sql', import.meta.url), 'utf8');
const VERSION_12 = readFileSync(new URL('../test/schema-of-version-12.sql', import.meta.url), 'utf8');
const TABLES = ['events', 'receipts', 'read_models', 'read_model_rows', 'read_model_entries'];

/** Version 14 changed only what functions do. */
export async function asInVersion13(pool: Pool, schema: string): Promise<void> {
  await pool.query(`UPDATE "${schema}".migrations SET version = 13 WHERE version = 14`);
}

/** Puts a schema of version 12, as its programs made it, in the place of a newer one, with what is in that. */
export async function asInVersion12(pool: Pool, schema: string): Promise<void> {
  const copied = [...TABLES, 'consumers', 'consumer_sessions'].map(
    (table) => `INSERT INTO "${schema}".${table} SELECT * FROM "{newer}".${table};`,
  );
  await inPlace(pool, schema, { of: VERSION_12, copied });
}

/** Takes away what version 12 brought: the functions of 11 do the same but for that. */
export async function asInVersion11(pool: Pool, schema: string): Promise<void> {
  await asInVersion12(pool, schema);
  await pool.query(`SET search_path = "${schema}"; DROP FUNCTION keep_count_v12;
    UPDATE migrations SET version = 11 WHERE version = 12; RESET search_path`);
}

/** Takes away what versions 11 and 12 brought. */
export async function asInVersion10(pool: Pool, schema: string): Promise<void> {
  await asInVersion11(pool, schema);
  await pool.query(`SET search_path = "${schema}"; DROP TABLE consumers, consumer_sessions;
    UPDATE migrations SET version = 10 WHERE version = 11; RESET search_path`);
}

/** The columns of version 9. Its rows have no checkpoints among them. */
const COLUMNS_OF_9 = {
  events: '*',
  receipts: '*',
  read_models: 'model, name, stage, checkpoint, steps',
  read_model_rows: 'model, key, content',
  read_model_entries: 'model, entry, key',
};

/** Puts a schema of version 9, as its programs made it, in the place of a newer one, with what is in that. */
export async function asInVersion9(pool: Pool, schema: string): Promise<void> {
  const copied = Object.entries(COLUMNS_OF_9).map(([table, columns]) => {
    const own = table === 'read_model_rows' ? String.raw`WHERE key <> '\xff'` : '';
    const into = columns === '*' ? '' : `(${columns})`;
    return `INSERT INTO "${schema}".${table} ${into} OVERRIDING SYSTEM VALUE SELECT ${columns} FROM "{newer}".${table} ${own};`;
  });
  await inPlace(pool, schema, { of: VERSION_9, copied });
}

async function inPlace(
  pool: Pool,
  schema: string,
  { of, copied }: { readonly of: string; readonly copied: readonly string[] },
): Promise<void> {
  const newer = `${schema.slice(0, 50)}_newer`;
  const older = of
    .replaceAll('{name}', schema)
    .replaceAll('{append_lock}', String(lockOf('append', schema)))
    .replaceAll('{listen_lock}', String(lockOf('listen', schema)));
  await pool.query(`ALTER SCHEMA "${schema}" RENAME TO "${newer}"`);
  await pool.query(older);
  await pool.query(copied.join('\n').replaceAll('{newer}', newer));
  await pool.query(`DROP SCHEMA "${newer}" CASCADE`);
}

/** Has functions of version 8 in the place of those of 9: the tables were the same. */
export async function asInVersion8(pool: Pool, schema: string): Promise<void> {
  await asInVersion9(pool, schema);
  const renamed = ['look', 'append', 'take_step'].map((name) => `ALTER FUNCTION ${name}_v9 RENAME TO ${name}_v8;`);
  await pool.query(
    `SET search_path = "${schema}"; UPDATE migrations SET version = 8, serves_from = 8; ${renamed.join(' ')} RESET search_path`,
  );
}

/**
 * Takes away what later versions brought, and puts a table and functions of version 3, which commit e7dd8a2 has, in the
 * place of theirs.
 */
export async function asInVersion3(pool: Pool, schema: string): Promise<void> {
  await asInVersion9(pool, schema);
  await pool.query(`SET search_path = "${schema}"; DELETE FROM migrations; INSERT INTO migrations (version) VALUES (1), (2), (3);
    ALTER TABLE migrations DROP COLUMN serves_from;
    ALTER TABLE events DROP COLUMN append_place, DROP COLUMN append_count, DROP COLUMN kept;
    ALTER TABLE read_models ALTER COLUMN checkpoint TYPE numeric(39) USING div(checkpoint, 1099511627776);
    DROP FUNCTION look_v9; DROP FUNCTION append_v9; DROP FUNCTION take_step_v9;
    CREATE TABLE revoked_attempts (attempt text COLLATE "C" PRIMARY KEY, revoked_at timestamptz NOT NULL DEFAULT now());
    ${FUNCTIONS_OF_3.map((name) => `CREATE FUNCTION ${name}(given text) RETURNS void LANGUAGE sql AS 'SELECT';`).join(' ')}
    RESET search_path`);
}

const FUNCTIONS_OF_3 = [
  ...['current_era', 'take_turn', 'append_known', 'append_event', 'append_events', 'write_rows', 'take_step'],
  ...['writers_view', 'write_reckoned', 'write_reckoned_event'],
];
