import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { packageFolder } from './scratch.js';

/** The program that runs the work measured in a fresh process. */
export const CHILDREN: string = fileURLToPath(new URL('../children.js', import.meta.url));

/** The output of a fresh process. @throws Error with its error output when it fails. */
export function runNode(args: readonly string[]): string {
  // This option doubles the time of any start.
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: packageFolder, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr.trim().split('\n').slice(-3).join(' | '));
  return stdout;
}
