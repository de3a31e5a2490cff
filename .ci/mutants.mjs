/**
 * Mutation testing: changes the compiled code of a package in one place at a time, runs the tests that reach it, and
 * prints each mutant that no test detects: `npm run mutants -- domain 'commands/*.js'`. Without names: all of domain,
 * event-sourcing and store-sqlite. A third argument is a pattern of test files; only these run, which is faster but
 * detects fewer mutants.
 *
 * The operators are Stryker's, except those that change string literals and regular expressions. The score is the share
 * of detected mutants; a mutant that causes an endless loop counts as detected. The code is changed during a run, so
 * use a separate clone.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, matchesGlob } from 'node:path';
import { setUp } from '../.config/set-up.mjs';
import { programOfNpm } from '../.config/set-up/process.mjs';
import { root } from './workspace.mjs';

// One output file per source file, so that each can be mutated. The next set-up bundles them again.
process.env['LOGIN_POLICY_MODULES'] = 'apart';
await setUp();
const { testsOf } = await import('../.config/tests.mjs');

const STRYKER = ['-p', '@stryker-mutator/core@9.6.1', 'stryker'];
/**
 * The tests named next-release are excluded: they derive another release from the text of the code, which is mutated
 * here.
 */
const [named, files = '**/*.js', asked = '^(?!next-release)'] = process.argv.slice(2);

/**
 * In memory if possible, because the tests of a store mostly wait for files, and an ended process leaves its files
 * behind.
 */
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

/** Tries each mutant of some files: whether it was detected. */
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
    // On a busy machine a run takes many times as long as the first one, so the time-out only catches endless loops.
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
