import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Works with the server that the tests of a store bring along: it prints its URL, and ends with its input. */
export async function withServerOf<Result>(
  member: 'store-eventstoredb' | 'store-postgres',
  work: (url: string) => Promise<Result>,
): Promise<Result> {
  const program = new URL(`../../${member}/.test-build/server-process.js`, import.meta.url);
  const child = spawn(process.execPath, [fileURLToPath(program)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  try {
    for await (const url of createInterface(child.stdout)) return await work(url);
    throw new Error(`the server of ${member} did not start`);
  } finally {
    child.stdin.end();
    await ended;
  }
}
