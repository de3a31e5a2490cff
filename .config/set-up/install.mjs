import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pnpm } from './pnpm.mjs';
import { SetUpFailed, run, say } from './process.mjs';
import { Stamp } from './stamp.mjs';

/**
 * Installs the packages of pnpm-lock.yaml, unless exactly these are installed for this Node: either those needed to run
 * examples, or all. If all were installed before, all stay installed.
 */
export async function installPackages(root, { toRun }) {
  const stamp = new Stamp(root, '.set-up-stamp');
  const { version, platform, arch } = process;
  const hash = Stamp.of(root, { words: [version, platform, arch], files: manifestsOf(root) });
  const [installed, from] = stamp.line.split(' ');
  if (from === hash && (installed === 'all' || toRun)) return;

  const wanted = toRun && installed !== 'all' ? 'to-run' : 'all';
  say('Installing the packages of pnpm-lock.yaml (a first time takes a minute or two).');
  const flags = ['--frozen-lockfile', '--reporter=append-only', ...(wanted === 'all' ? [] : ['--prod'])];
  const command = [...pnpm(), 'install', ...flags];
  // Prevents prompts.
  const env = { ...process.env, CI: 'true' };
  const { code, output, seconds } = await run(command, { cwd: root, env, doing: 'installing' });
  if (code !== 0) throw new SetUpFailed(reasonIn(output, code), output);
  stamp.line = `${wanted} ${hash}`;
  say(`Installed in ${seconds} s.`);
}

function manifestsOf(root) {
  const folders = ['packages', 'examples'].flatMap((room) =>
    readdirSync(join(root, room)).map((name) => `${room}/${name}`),
  );
  const manifests = ['.', '.ci/snippets', ...folders].map((folder) => `${folder}/package.json`);
  return ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests];
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
