import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The folder of the whole workspace. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');

/** Our files in a folder whose names match, as paths from the root: those that git tracks or would add. */
export function ourFiles(folder, fits) {
  const list = ['ls-files', '--cached', '--others', '--exclude-standard', '-z', '--', folder];
  const files = execFileSync('git', list, { cwd: root, encoding: 'utf8' }).split('\0');
  return files.filter((file) => fits.test(posix.basename(file)) && existsSync(join(root, file))).sort();
}

/** The text of a file of the workspace. */
export function textOf(file) {
  return readFileSync(join(root, file), 'utf8');
}

/** The path of a program from a devDependency of the root. */
export function tool(name) {
  return join(root, 'node_modules', '.bin', name);
}

/** Runs a program to its end, by default at the root. Returns its exit code, its stdout, and everything it wrote. */
export async function run([file, ...args], options) {
  try {
    const { stdout, stderr } = await promisify(execFile)(file, args, { cwd: root, maxBuffer: Infinity, ...options });
    return { code: 0, stdout, output: stdout + stderr };
  } catch ({ code, stdout = '', stderr = '', message }) {
    return { code: Number.isInteger(code) ? code : 1, stdout, output: stdout + stderr || message };
  }
}

/** Ends a check: prints the sentence if there are no findings; otherwise prints every finding and sets exit code 1. */
export function conclude(findings, sentence) {
  if (findings.length === 0) console.log(sentence);
  for (const finding of findings) console.error(finding);
  process.exitCode = findings.length === 0 ? 0 : 1;
}
