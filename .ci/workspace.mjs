import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run as runProgram } from '../.config/set-up/process.mjs';

/** The folder of the whole workspace. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');

/** What stands in a package.json. */
export function manifestIn(file) {
  return JSON.parse(textOf(file));
}

/** The package.json of each package that npm gets. */
export function published() {
  return ourFiles('packages', /^package\.json$/)
    .map(manifestIn)
    .filter((manifest) => manifest.private !== true);
}

/** Every file of ours in that folder whose name fits, as paths from the root: those that git has or would take. */
export function ourFiles(folder, fits) {
  const list = ['ls-files', '--cached', '--others', '--exclude-standard', '-z', '--', folder];
  const files = execFileSync('git', list, { cwd: root, encoding: 'utf8' }).split('\0');
  return files.filter((file) => fits.test(posix.basename(file)) && existsSync(join(root, file))).sort();
}

/** The text of a file of the workspace. */
export function textOf(file) {
  return readFileSync(join(root, file), 'utf8');
}

/** The path of a program that a devDependency of the root brings. */
export function tool(name) {
  return join(root, 'node_modules', '.bin', name);
}

/** Runs a program to its end, at the root if not said otherwise: see .config/set-up/process.mjs. */
export function run(command, options) {
  return runProgram(command, { cwd: root, ...options });
}

/** Ends a check: the sentence on one line when there are no findings, else every finding, and exit code 1. */
export function conclude(findings, sentence) {
  if (findings.length === 0) console.log(sentence);
  for (const finding of findings) console.error(finding);
  process.exitCode = findings.length === 0 ? 0 : 1;
}
