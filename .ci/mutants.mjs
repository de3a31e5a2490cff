/**
 * Breaks the compiled code of a package at one place at a time, runs the tests of the package that come by it, and prints each break
 * that none noticed: `npm run mutants -- domain 'commands/*.js'`. Without names: all of domain, event-sourcing and store-sqlite. A third
 * argument is a pattern of the names of test files: only those are asked, which is quicker, and notices no more than all do.
 *
 * The operators are Stryker's, all but two: other words in a text, and other patterns. The score is what was noticed of all that was
 * tried; a break that never ends counts as noticed. For the while of a run the code is another: use a clone of its own.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join, matchesGlob } from 'node:path';
import { setUp } from '../.config/set-up/index.mjs';
import { programOfNpm } from '../.config/set-up/process.mjs';
import { root } from './workspace.mjs';

// One file each, to be broken one by one; the next set-up bundles them again.
process.env['LOGIN_POLICY_MODULES'] = 'apart';
await setUp();
const { testsOf } = await import('../.config/tests.mjs');

// The last major that runs on Node 20.
const STRYKER = ['-p', '@stryker-mutator/core@9.6.1', 'stryker'];
/** Which of what this Node can't come by another one can. */
const [OTHER_NODE, OTHER_DRIVER] = isBuiltin('node:sqlite') ? ['20', 'better-sqlite.js'] : ['24', 'node-sqlite.js'];
/** The next release is made of the text of the code, which is another here. */
const [named, files = '**/*.js', asked = '^(?!next-release)'] = process.argv.slice(2);

/** In memory where that can be: files are most of what the tests of a store wait for, and an ended process leaves its own. */
const scratch = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'mutants-'));

for (const name of named === undefined ? ['domain', 'event-sourcing', 'store-sqlite'] : [named]) {
  const all = readdirSync(join(root, 'packages', name, 'dist'), { recursive: true }).filter((file) =>
    matchesGlob(file, files),
  );
  const elsewhere =
    name === 'store-sqlite' ? all.filter((file) => [OTHER_DRIVER, 'load-driver.js'].includes(file)) : [];
  const here = name === 'store-sqlite' ? all.filter((file) => file !== OTHER_DRIVER) : all;
  const tried = [...breakAll(name, here), ...breakAll(name, elsewhere, OTHER_NODE)];
  // What one Node has noticed is noticed.
  const places = new Set(tried.map(({ place }) => place));
  const noticed = new Set(tried.filter(({ isNoticed }) => isNoticed).map(({ place }) => place)).size;
  console.log(`${name}: ${noticed} of ${places.size} noticed, ${((100 * noticed) / places.size).toFixed(1)} %`);
  if (noticed < 0.9 * places.size) process.exitCode = 1;
}
rmSync(scratch, { recursive: true, force: true });

/** Tries each break of some files, on this Node or on another major. */
function breakAll(name, broken, node) {
  if (broken.length === 0) return [];
  const run = join(root, '.data', `mutants-${name}${node === undefined ? '' : `-${node}`}`);
  const mutate = broken.map((file) => `packages/${name}/dist/${file}`);
  writeFileSync(`${run}.json`, JSON.stringify({ ...settingsOf(run), mutate }));
  const isAsked = new RegExp(asked);
  const tests = testsOf([name])
    .files.filter((file) => isAsked.test(basename(file)))
    .map((file) => join(root, file));
  const forTests = { MUTANTS_TESTS: JSON.stringify(tests), NODE_COMPILE_CACHE: join(scratch, 'compiled') };
  const env = { ...process.env, TMPDIR: scratch, ...forTests };
  const other = node === undefined ? [] : ['-p', `node@${node}`];
  const [program, ...args] = [...programOfNpm('npx'), '--yes', ...other, ...STRYKER, 'run', `${run}.json`];
  const { status } = spawnSync(program, args, { cwd: root, env, stdio: 'inherit' });
  if (status !== 0) throw new Error(`Stryker ended with ${status}.`);
  return outcomesIn(JSON.parse(readFileSync(`${run}-report.json`, 'utf8')));
}

function settingsOf(run) {
  return {
    inPlace: true,
    disableTypeChecks: false,
    plugins: [join(root, '.ci', 'mutants-runner.mjs')],
    testRunner: 'mocha-12',
    concurrency: 3,
    mutator: { excludedMutations: ['StringLiteral', 'Regex'] },
    reporters: ['clear-text', 'progress-append-only', 'html', 'json'],
    clearTextReporter: { logTests: false, allowColor: false },
    htmlReporter: { fileName: `${run}.html` },
    jsonReporter: { fileName: `${run}-report.json` },
    tempDirName: '.data/stryker',
    // On a busy machine a run takes many times as long as the first one did: only what never ends is to be ended.
    timeoutMS: 60_000,
  };
}

/** Where each break was, and whether it was noticed. */
function outcomesIn({ files: reported }) {
  return Object.entries(reported).flatMap(([file, { mutants }]) =>
    mutants
      .filter(({ status }) => status !== 'Ignored')
      .map(({ location: { start, end }, replacement, status }) => ({
        place: [file, start.line, start.column, end.line, end.column, replacement].join(),
        isNoticed: status === 'Killed' || status === 'Timeout',
      })),
  );
}
