import { createHash } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';

/** The number of the advisory lock that writers of a schema take in turns, or that those who listen to it share. */
export function lockOf(purpose: 'append' | 'listen', schema: string): bigint {
  return createHash('sha256').update(`login-policy ${purpose} ${schema}`).digest().readBigInt64BE();
}

/** The server's processes that listen to a schema. */
export async function listenersOf(pool: Pool, schema: string): Promise<readonly number[]> {
  const { rows } = await pool.query<{ pid: number }>(
    `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock' AND granted
     AND (classid::bigint << 32) | objid::bigint = $1`,
    [lockOf('listen', schema).toString()],
  );
  return rows.map(({ pid }) => pid);
}

/** Takes the turn of a writer, as a transaction does that holds it for long; what it answers with ends it. */
export async function takeTurn(pool: Pool, schema: string): Promise<() => Promise<void>> {
  const client: PoolClient = await pool.connect();
  await client.query(`BEGIN; SELECT pg_advisory_xact_lock(${lockOf('append', schema)})`);
  return async () => {
    await client.query('ROLLBACK');
    client.release();
  };
}

/** Whether somebody waits for the turn of a writer. */
export async function isTurnWaitedFor(pool: Pool, schema: string): Promise<boolean> {
  const { rows } = await pool.query(
    `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND (classid::bigint << 32) | objid::bigint = $1`,
    [lockOf('append', schema).toString()],
  );
  return rows.length > 0;
}
