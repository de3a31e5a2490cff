/**
 * Breaks the compiled code of a package at one place at a time, runs its tests, and prints each break that no test noticed:
 * `npm run mutants -- domain 'commands/*.js'`. Without names: all of domain, event-sourcing and store-sqlite, for a night.
 *
 * The operators are Stryker's, all but two: other words in a text, and other patterns. The score is what was noticed of all that was
 * tried; a break that never ends counts as noticed. For the while of a run the code is another: use a clone of its own.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setUp } from '../.config/set-up/index.mjs';
import { programOfNpm } from '../.config/set-up/process.mjs';
import { root } from './workspace.mjs';

// One file each, to be broken one by one; the next set-up bundles them again.
process.env['LOGIN_POLICY_MODULES'] = 'apart';
await setUp();

// The last major that runs on Node 20.
const stryker = [...programOfNpm('npx'), '--yes', '-p', '@stryker-mutator/core@9.6.1', 'stryker'];
const [named, files = '**/*.js'] = process.argv.slice(2);

for (const name of named === undefined ? ['domain', 'event-sourcing', 'store-sqlite'] : [named]) {
  const tests = `packages/${name}/.test-build/**/*.test.js`;
  const configFile = join(root, '.data', `mutants-${name}.json`);
  writeFileSync(
    configFile,
    JSON.stringify({
      mutate: [`packages/${name}/dist/${files}`],
      inPlace: true,
      testRunner: 'command',
      commandRunner: {
        command: `node node_modules/mocha/bin/mocha.js --config .config/mocharc.json --no-check-leaks --bail "${tests}"`,
      },
      mutator: { excludedMutations: ['StringLiteral', 'Regex'] },
      reporters: ['clear-text', 'progress-append-only', 'html'],
      clearTextReporter: { logTests: false, allowColor: false },
      htmlReporter: { fileName: `.data/mutants-${name}.html` },
      tempDirName: '.data/stryker',
      // On a busy machine a run takes many times as long as the first one did: only what never ends is to be ended.
      timeoutMS: 60_000,
      thresholds: { high: 95, low: 90, break: 90 },
    }),
  );
  const [program, ...args] = [...stryker, 'run', configFile];
  const { status } = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
