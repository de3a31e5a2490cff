/**
 * Mutation testing: changes the compiled code of a package in one place at a time, runs its tests, and prints each
 * mutant that no test detects: `npm run mutants -- domain 'commands/*.js' 'decide*'`. Without names: all of domain,
 * event-sourcing and store-sqlite. A third argument is a pattern of test files; only these run, which is much faster
 * but detects fewer mutants.
 *
 * The operators are Stryker's, except those that change string literals and regular expressions. A mutant that causes
 * an endless loop counts as detected. The code is changed during a run, so use a separate clone.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setUp } from '../.config/set-up.mjs';
import { programOfNpm } from '../.config/set-up/process.mjs';
import { root } from './workspace.mjs';

// One output file per source file, so that each can be mutated. The next set-up bundles them again.
process.env['LOGIN_POLICY_MODULES'] = 'apart';
await setUp();
const [named, files = '**/*.js', asked = '*'] = process.argv.slice(2);

for (const name of named === undefined ? ['domain', 'event-sourcing', 'store-sqlite'] : [named]) {
  const run = join(root, '.data', `mutants-${name}`);
  const tests = `packages/${name}/.test-build/**/${asked}.test.js`;
  // The next-release tests derive another release from the text of the code, which is mutated here.
  const flags = `--config .config/mocharc.json --bail --timeout 20000 --ignore "**/next-release.test.js"`;
  const settings = {
    mutate: [`packages/${name}/dist/${files}`],
    inPlace: true,
    disableTypeChecks: false,
    testRunner: 'command',
    commandRunner: { command: `node node_modules/mocha/bin/mocha.js "${tests}" ${flags}` },
    concurrency: 3,
    mutator: { excludedMutations: ['StringLiteral', 'Regex'] },
    reporters: ['clear-text', 'progress-append-only', 'html'],
    clearTextReporter: { logTests: false, allowColor: false },
    htmlReporter: { fileName: `${run}.html` },
    tempDirName: '.data/stryker',
    thresholds: { high: 95, low: 90, break: 90 },
    // On a busy machine a run takes many times as long as the first one: end only endless runs.
    timeoutMS: 60_000,
  };
  writeFileSync(`${run}.json`, JSON.stringify(settings));
  const stryker = ['--yes', '-p', '@stryker-mutator/core@9.6.1', 'stryker', 'run', `${run}.json`];
  const [program, ...args] = [...programOfNpm('npx'), ...stryker];
  if (spawnSync(program, args, { cwd: root, stdio: 'inherit' }).status !== 0) process.exitCode = 1;
}
