import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

// The PostgreSQL that the tests of the store bring along.
const program = new URL('../../../packages/store-postgres/.test-build/server-process.js', import.meta.url);

/** Lets a test have a PostgreSQL of its own, and throws it away after it. */
export async function withPostgres(work: (url: string) => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, [fileURLToPath(program)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  try {
    for await (const url of createInterface(child.stdout)) return await work(url);
    throw new Error('the server did not start');
  } finally {
    child.stdin.end();
    await ended;
  }
}
