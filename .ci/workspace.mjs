import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the whole workspace. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');

const notOurs = new Set(['node_modules', 'dist', '.test-build', '.data', '.git']);

/** The folders below packages/ and examples/ that hold a package.json, as paths from the root, in order of their names. */
export function members() {
  const rooms = ['packages', 'examples'].filter((room) => existsSync(join(root, room)));
  const folders = rooms.flatMap((room) => readdirSync(join(root, room)).map((name) => `${room}/${name}`));
  return folders.filter((folder) => existsSync(join(root, folder, 'package.json'))).sort();
}

/** The package.json of a member. */
export function manifestOf(member) {
  return JSON.parse(readFileSync(join(root, member, 'package.json'), 'utf8'));
}

/** The package.json of each member that npm gets. */
export function published() {
  return members()
    .map(manifestOf)
    .filter((manifest) => manifest.private !== true);
}

/** Every file we wrote below a folder whose name fits, as paths from the root with forward slashes. */
export function ourFiles(folder, fits) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => !notOurs.has(entry.name))
    .flatMap((entry) => {
      const path = join(root, folder, entry.name);
      if (entry.isDirectory()) return ourFiles(relative(root, path), fits);
      return fits.test(entry.name) ? [relative(root, path).split(sep).join('/')] : [];
    })
    .sort();
}

/** The text of a file of the workspace. */
export function textOf(file) {
  return readFileSync(join(root, file), 'utf8');
}

/** The path of a program that a devDependency of the root brings. */
export function tool(name) {
  return join(root, 'node_modules', '.bin', name);
}

/** Runs a program to its end and answers with its exit code, its stdout and everything it wrote. */
export function run(command, { cwd = root, env = process.env, timeoutMs } = {}) {
  const [file, ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs });
    const all = [];
    const out = [];
    child.stdout.on('data', (chunk) => {
      out.push(chunk);
      all.push(chunk);
    });
    child.stderr.on('data', (chunk) => all.push(chunk));
    const settle = (code, reason = '') =>
      resolve({ code, stdout: Buffer.concat(out).toString(), output: Buffer.concat(all).toString() + reason });
    child.on('error', (error) => settle(1, `${file}: ${error.message}`));
    child.on('close', (code, signal) => settle(code ?? 1, signal ? `\n${file} was ended by ${signal}` : ''));
  });
}

/** Ends a check: the sentence on one line when there are no findings, else every finding, and exit code 1. */
export function conclude(findings, sentence) {
  if (findings.length === 0) console.log(sentence);
  for (const finding of findings) console.error(finding);
  process.exitCode = findings.length === 0 ? 0 : 1;
}
