import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the whole workspace. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');

/** Our files that match patterns of git, as paths from the root: those that git tracks or would add. */
export function ourFiles(...patterns) {
  const list = ['ls-files', '--cached', '--others', '--exclude-standard', '-z', '--', ...patterns];
  const files = execFileSync('git', list, { cwd: root, encoding: 'utf8' }).split('\0').slice(0, -1);
  return files.filter((file) => existsSync(join(root, file))).sort();
}

/** The text of a file of the workspace. */
export function textOf(file) {
  return readFileSync(join(root, file), 'utf8');
}

/** Runs a program to its end, by default at the root. Returns its exit code, its stdout, and everything it wrote. */
export function run([file, ...args], options) {
  const all = { cwd: root, encoding: 'utf8', maxBuffer: Infinity, ...options };
  const { status, stdout, stderr, error } = spawnSync(file, args, all);
  return { code: status ?? 1, stdout: stdout ?? '', output: [stdout, stderr, error].join('') };
}

/** Ends a check: prints the sentence if there are no findings; otherwise prints every finding and sets exit code 1. */
export function conclude(findings, sentence) {
  if (findings.length === 0) console.log(sentence);
  for (const finding of findings) console.error(finding);
  process.exitCode = findings.length === 0 ? 0 : 1;
}
