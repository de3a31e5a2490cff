import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { SetUpFailed, say, step } from './fit-node.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
/** This Node, for a shell. */
const node = JSON.stringify(process.execPath);
/** How long to wait for another set-up. */
const PATIENCE_MS = 15 * 60_000;
/** For tools that need one output file per source file: coverage and mutation testing. */
const isApart = process.env['LOGIN_POLICY_MODULES'] === 'apart';
/** One file holds all that several entries share. */
const ONE_SHARED = { groups: [{ name: 'all', minShareCount: 2 }] };

/**
 * The pnpm version that wrote pnpm-lock.yaml, run by npx. A global pnpm is not used. Without `-p`, an npx that runs this
 * would pass its own on.
 */
export const pnpm = 'npx --yes -p pnpm@12.21.0 pnpm';

/** The folders of all packages and examples, as paths from the root; the examples first. */
export const folders = ['examples', 'packages'].flatMap((room) =>
  readdirSync(join(root, room)).map((name) => `${room}/${name}`),
);

/**
 * Installs, compiles and builds everything that is not up to date. To run an example, nothing is compiled: its
 * JavaScript is bundled without type-checking, and without the tests' dependencies.
 *
 * Only one set-up of a clone runs at a time. Another one waits, and then finds nothing to do.
 *
 * @throws SetUpFailed
 */
export async function build({ compiles }) {
  const lock = takeLock();
  try {
    install({ toRun: !compiles });
    // Imported now, because it was just installed.
    const { rolldown } = await import('rolldown');
    await Promise.all(folders.map((folder) => bundle(rolldown, folder)));
    if (compiles) compile();
    buildPage(join(root, 'examples', 'admin-page'));
  } finally {
    lock.close();
  }
}

/** Waits until no other set-up of this clone runs. The system releases SQLite's lock when a process ends. */
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
  const env = { ...process.env, CI: 'true' };
  step('The packages can not be installed.', `${pnpm} install ${flags}`, { cwd: root, env });
  writeFileSync(stamp, `${some ? 'to run' : 'all'} ${wanted}`);
}

/** Compiles the packages, the examples and their tests that have a tsconfig.json. */
function compile() {
  const projects = folders.flatMap((folder) => [folder, `${folder}/test`]);
  const typed = projects.filter((folder) => existsSync(join(root, folder, 'tsconfig.json')));
  step('The sources do not compile.', `${node} node_modules/typescript/bin/tsc -b ${typed.join(' ')}`, { cwd: root });
}

/**
 * Bundles the JavaScript of a package or example that lists entries in its package.json: one file per entry, and one
 * for shared code, because importing many files makes a process start slowly. Types are not checked here, but by the
 * compiler.
 */
async function bundle(rolldown, name) {
  const folder = join(root, name);
  if (!existsSync(join(folder, 'src'))) return;
  const entries = [...readFileSync(join(folder, 'package.json'), 'utf8').matchAll(/\bdist\/([\w/-]+)\.js"/g)];
  if (entries.length === 0) return;
  try {
    const made = await rolldown({
      cwd: folder,
      input: Object.fromEntries(entries.map(([, entry]) => [entry, `./src/${entry}.ts`])),
      external: (id) => !/^[./]/.test(id),
      platform: 'neutral',
      treeshake: false,
    });
    const { output } = await made.generate({
      dir: join(folder, 'dist'),
      format: 'esm',
      sourcemap: true,
      entryFileNames: '[name].js',
      chunkFileNames: 'shared-[name].js',
      // An entry for the package's own tests must not split what the others share.
      ...(!isApart && entries.some(([, entry]) => entry === 'insides') && { codeSplitting: ONE_SHARED }),
      ...(isApart && { preserveModules: true, preserveModulesRoot: join(folder, 'src') }),
    });
    await made.close();
    for (const { type, fileName, code, source } of output)
      keep(join(folder, 'dist', fileName), type === 'chunk' ? code : source);
    removeStale(folder, output);
  } catch (cause) {
    throw new SetUpFailed(`${name} can't be bundled: ${cause}`, { cause });
  }
}

/** Writes atomically and only if the content differs, because other processes may be loading the file. */
function keep(file, text) {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

/**
 * Deletes JavaScript that was not made now, and declarations of deleted sources, which the compiler keeps. They would
 * be published.
 */
function removeStale(folder, output) {
  const made = new Set(output.map(({ fileName }) => join(fileName)));
  for (const file of readdirSync(join(folder, 'dist'), { recursive: true })) {
    const source = join(folder, 'src', file.replace(/\.d\.ts(\.map)?$/, '.ts'));
    const isStale = /\.d\.ts(\.map)?$/.test(file) ? !existsSync(source) : /\.js(\.map)?$/.test(file) && !made.has(file);
    if (isStale) rmSync(join(folder, 'dist', file), { force: true });
  }
}

/** Builds the page of the IAM server, unless it is newer than its sources. Nothing is downloaded for it. */
function buildPage(page) {
  const built = join(page, 'dist', 'index.html');
  const sources = readdirSync(page, { recursive: true }).filter(
    (file) => !/^(dist|test|node_modules|\.test-build)\b/.test(file),
  );
  const changedMs = Math.max(...[...sources, '../../pnpm-lock.yaml'].map((file) => statSync(join(page, file)).mtimeMs));
  if (existsSync(built) && statSync(built).mtimeMs > changedMs) return;
  step('The page can not be built.', `${node} node_modules/vite/bin/vite.js build --logLevel warn`, { cwd: page });
}
