import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Store } from '@login-policy/event-sourcing';
import { openPostgresStore } from '@login-policy/store-postgres';
import { Pool } from 'pg';

/** A store on the PostgreSQL server that the tests of its package bring along. */
export async function withPostgresStore(work: (store: Store, pool: Pool) => Promise<void>): Promise<void> {
  const program = new URL('../../store-postgres/.test-build/server-process.js', import.meta.url);
  const child = spawn(process.execPath, [fileURLToPath(program)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  try {
    const { value: url } = await createInterface(child.stdout)[Symbol.asyncIterator]().next();
    const pool = new Pool({ connectionString: url });
    const store = await openPostgresStore({ pool });
    try {
      await work(store, pool);
    } finally {
      await store.close();
      await pool.end();
    }
  } finally {
    child.stdin.end();
    await ended;
  }
}
