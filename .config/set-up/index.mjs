import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { say, step } from './step.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** How long to wait for another set-up. */
const PATIENCE_MS = 15 * 60_000;

/**
 * The pnpm version that wrote pnpm-lock.yaml, run by npx. A global pnpm is not used. Without `-p`, an npx that runs this
 * would pass its own on.
 */
export const pnpm = 'npx --yes -p pnpm@12.21.0 pnpm';

/**
 * Installs, compiles and builds everything that is not up to date. To run an example, nothing is compiled: its
 * JavaScript is bundled without type-checking, and without the tests' dependencies.
 *
 * Only one set-up of a folder runs at a time. Another one waits, and then finds nothing to do.
 *
 * @throws SetUpFailed
 */
export async function setUp({ compiles = true } = {}) {
  const lock = takeLock();
  try {
    install({ toRun: !compiles });
    // Imported now, because its dependencies were just installed.
    const { bundle } = await import('./bundle.mjs');
    await bundle(root);
    if (compiles)
      step('The sources do not compile.', [bin(root, 'typescript', 'bin/tsc'), '-b', ...projects()], { cwd: root });
    buildPage(join(root, 'examples', 'admin-page'));
  } finally {
    lock.close();
  }
}

/** Waits until no other set-up of this folder runs. The system releases SQLite's lock when a process ends. */
function takeLock() {
  mkdirSync(join(root, '.data'), { recursive: true });
  const lock = new DatabaseSync(join(root, '.data', 'set-up.db'));
  try {
    lock.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch {
    say('Another set-up of this folder is at work; waiting for it.');
    lock.exec(`PRAGMA busy_timeout = ${PATIENCE_MS}; BEGIN EXCLUSIVE`);
  }
  return lock;
}

/**
 * Installs the packages of pnpm-lock.yaml, unless exactly these are installed: those needed to run examples, or all. If
 * all were installed before, all stay installed.
 */
function install({ toRun }) {
  const stamp = join(root, 'node_modules', '.set-up-stamp');
  const wanted = `${process.platform} ${process.arch}\n${readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8')}`;
  const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
  if (installed === `all ${wanted}` || (toRun && installed === `to run ${wanted}`)) return;

  const some = toRun && !installed.startsWith('all ');
  say('Installing the packages of pnpm-lock.yaml, and building (a first time takes a minute or two).');
  const flags = `--frozen-lockfile --loglevel error${some ? ' --prod' : ''}`;
  // CI prevents prompts.
  step('The packages can not be installed.', `${pnpm} install ${flags}`, {
    cwd: root,
    env: { ...process.env, CI: 'true' },
  });
  writeFileSync(stamp, `${some ? 'to run' : 'all'} ${wanted}`);
}

/** Builds the page of the IAM server, unless it is newer than its sources. Nothing is downloaded for it. */
function buildPage(page) {
  const built = join(page, 'dist', 'index.html');
  const sources = readdirSync(page, { recursive: true }).filter(
    (file) => !/^(dist|test|node_modules|\.test-build)\b/.test(file),
  );
  const changedMs = Math.max(...[...sources, '../../pnpm-lock.yaml'].map((file) => statSync(join(page, file)).mtimeMs));
  if (existsSync(built) && statSync(built).mtimeMs > changedMs) return;
  step('The page can not be built.', [bin(page, 'vite', 'bin/vite.js'), 'build', '--logLevel', 'warn'], { cwd: page });
}

/** The folders of packages, examples and their tests that have a tsconfig.json. */
function projects() {
  const folders = ['packages', 'examples'].flatMap((room) =>
    readdirSync(join(root, room)).flatMap((name) => [join(room, name), join(room, name, 'test')]),
  );
  return folders.filter((folder) => existsSync(join(root, folder, 'tsconfig.json')));
}

function bin(folder, name, file) {
  return join(folder, 'node_modules', name, file);
}
