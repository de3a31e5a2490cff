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
import { tmpdir } from 'node:os';
import { basename, join, matchesGlob } from 'node:path';
import { setUp } from '../.config/set-up.mjs';
import { programOfNpm } from '../.config/set-up/process.mjs';
import { root } from './workspace.mjs';

// One file each, to be broken one by one; the next set-up bundles them again.
process.env['LOGIN_POLICY_MODULES'] = 'apart';
await setUp();
const { testsOf } = await import('../.config/tests.mjs');

const STRYKER = ['-p', '@stryker-mutator/core@9.6.1', 'stryker'];
/** The next release is made of the text of the code, which is another here. */
const [named, files = '**/*.js', asked = '^(?!next-release)'] = process.argv.slice(2);

/** In memory where that can be: files are most of what the tests of a store wait for, and an ended process leaves its own. */
const scratch = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'mutants-'));

for (const name of named === undefined ? ['domain', 'event-sourcing', 'store-sqlite'] : [named]) {
  const all = readdirSync(join(root, 'packages', name, 'dist'), { recursive: true }).filter((file) =>
    matchesGlob(file, files),
  );
  const tried = breakAll(name, all);
  const noticed = tried.filter((isNoticed) => isNoticed).length;
  console.log(`${name}: ${noticed} of ${tried.length} noticed, ${((100 * noticed) / tried.length).toFixed(1)} %`);
  if (noticed < 0.9 * tried.length) process.exitCode = 1;
}
rmSync(scratch, { recursive: true, force: true });

/** Tries each break of some files: whether it was noticed. */
function breakAll(name, broken) {
  if (broken.length === 0) return [];
  const run = join(root, '.data', `mutants-${name}`);
  const mutate = broken.map((file) => `packages/${name}/dist/${file}`);
  writeFileSync(`${run}.json`, JSON.stringify({ ...settingsOf(run), mutate }));
  const isAsked = new RegExp(asked);
  const tests = testsOf([name])
    .files.filter((file) => isAsked.test(basename(file)))
    .map((file) => join(root, file));
  const forTests = { MUTANTS_TESTS: JSON.stringify(tests), NODE_COMPILE_CACHE: join(scratch, 'compiled') };
  const env = { ...process.env, TMPDIR: scratch, ...forTests };
  const [program, ...args] = [...programOfNpm('npx'), '--yes', ...STRYKER, 'run', `${run}.json`];
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

function outcomesIn({ files: reported }) {
  return Object.values(reported).flatMap(({ mutants }) =>
    mutants
      .filter(({ status }) => status !== 'Ignored')
      .map(({ status }) => status === 'Killed' || status === 'Timeout'),
  );
}
