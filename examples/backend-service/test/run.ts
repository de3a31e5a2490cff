import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** What the service said, and how it ended. */
export interface Run {
  readonly code: unknown;
  readonly said: string;
  readonly complained: string;
}

/** Runs the service as a user does, in a folder of its own. */
export async function run(folder: string, storeUrl?: string): Promise<Run> {
  const { LOGIN_POLICY_STORE: _mine, ...environment } = process.env;
  const env = storeUrl === undefined ? environment : { ...environment, LOGIN_POLICY_STORE: storeUrl };
  const child = spawn(process.execPath, [main], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [said, complained]: [string[], string[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => complained.push(chunk.toString()));
  const [code]: unknown[] = await once(child, 'close');
  return { code, said: said.join(''), complained: complained.join('') };
}

/** The sequences it names, in order. */
export function sequencesIn(said: string): readonly string[] {
  return Array.from(said.matchAll(/^ +sequence +(\d+)$/gm), ([, sequence = '']) => sequence);
}
