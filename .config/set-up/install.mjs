import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installEnvironment, pnpm } from './pnpm.mjs';
import { SetUpFailed, run, say } from './process.mjs';

/** Installs what pnpm-lock.yaml names, unless exactly that is installed already for this very Node. */
export async function installPackages(root) {
  const stampFile = join(root, 'node_modules', '.set-up-stamp');
  const stamp = stampOf(root);
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;

  say('Installing the packages of pnpm-lock.yaml (a first time takes a minute or two).');
  const command = [...pnpm(), 'install', '--frozen-lockfile', '--reporter=append-only'];
  const { code, output, seconds } = await run(command, { cwd: root, env: installEnvironment(), doing: 'installing' });
  if (code !== 0) throw new SetUpFailed(reasonIn(output, code), output);
  writeFileSync(stampFile, stamp);
  say(`Installed in ${seconds} s.`);
}

function stampOf(root) {
  const hash = createHash('sha256');
  hash.update(`${process.version} ${process.platform} ${process.arch}\n`);
  for (const file of manifestsOf(root)) hash.update(`${file}\n`).update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

function manifestsOf(root) {
  const members = ['packages', 'examples'].flatMap((room) => foldersIn(root, room)).concat('.ci/snippets');
  const manifests = members.map((folder) => `${folder}/package.json`);
  const files = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...manifests];
  return files.filter((file) => existsSync(join(root, file)));
}

function foldersIn(root, room) {
  if (!existsSync(join(root, room))) return [];
  const entries = readdirSync(join(root, room), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => `${room}/${entry.name}`);
}

function reasonIn(output, code) {
  if (/ERR_PNPM_OUTDATED_LOCKFILE|ERR_PNPM_NO_LOCKFILE/.test(output)) {
    return 'pnpm-lock.yaml does not fit the package.json files; `npx pnpm@12 install` writes a new one, to be committed.';
  }
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ERR_PNPM_META_FETCH_FAIL/.test(output)) {
    return 'the npm registry could not be reached; a first set-up needs it (see `npm config get registry`).';
  }
  return `pnpm install ended with exit code ${code}; its output stands above.`;
}
