import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { packageFolder } from './package-folder.js';

/** What a fresh process did. */
export interface ProcessRun {
  readonly output: string;
  readonly milliseconds: number;
}

/** Runs a program of `src/children` in a fresh Node. @throws Error with what it said when it fails. */
export function runChild(program: string, given: readonly string[]): ProcessRun {
  return runNode([fileURLToPath(new URL(`../children/${program}.js`, import.meta.url)), ...given]);
}

/** Runs Node. `NODE_EXTRA_CA_CERTS` is taken out of its environment: it doubles any start. */
export function runNode(given: readonly string[]): ProcessRun {
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  const begun = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, given, { cwd: packageFolder, env, encoding: 'utf8' });
  const milliseconds = performance.now() - begun;
  if (status !== 0) throw new Error(stderr.trim().split('\n').slice(-3).join(' | '));
  return { output: stdout.trim(), milliseconds };
}
