import { createHash } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';

/** What an advisory lock of a schema is for: writers and migrations take theirs in turns. */
type Purpose = 'append' | 'migrate';

/** The number of an advisory lock. */
export function lockOf(purpose: Purpose, schema: string): bigint {
  return createHash('sha256').update(`login-policy ${purpose} ${schema}`).digest().readBigInt64BE();
}

/** Takes a turn, as a transaction does that holds it for long; what it answers with ends it. */
export async function takeTurn(pool: Pool, schema: string, purpose: Purpose = 'append'): Promise<() => Promise<void>> {
  const client: PoolClient = await pool.connect();
  await client.query(`BEGIN; SELECT pg_advisory_xact_lock(${lockOf(purpose, schema)})`);
  return async () => {
    await client.query('ROLLBACK');
    client.release();
  };
}

/** Whether somebody waits for such a turn. */
export async function isTurnWaitedFor(pool: Pool, schema: string, purpose: Purpose = 'append'): Promise<boolean> {
  const { rows } = await pool.query(
    `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND (classid::bigint << 32) | objid::bigint = $1`,
    [lockOf(purpose, schema).toString()],
  );
  return rows.length > 0;
}
