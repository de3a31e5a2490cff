/**
 * Breaks the compiled code of a package at one place at a time, runs the tests of the package that come by it, and prints each break
 * that none noticed: `npm run mutants -- domain 'commands/*.js'`. Without names: all of domain, event-sourcing and store-sqlite.
 *
 * The operators are Stryker's, all but two: other words in a text, and other patterns. The score is what was noticed of all that was
 * tried; a break that never ends counts as noticed. For the while of a run the code is another: use a clone of its own.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setUp } from '../.config/set-up/index.mjs';
import { programOfNpm } from '../.config/set-up/process.mjs';
import { root } from './workspace.mjs';

// One file each, to be broken one by one; the next set-up bundles them again.
process.env['LOGIN_POLICY_MODULES'] = 'apart';
await setUp();
const { testsOf } = await import('../.config/tests.mjs');

// The last major that runs on Node 20.
const stryker = [...programOfNpm('npx'), '--yes', '-p', '@stryker-mutator/core@9.6.1', 'stryker'];
const [named, files = '**/*.js'] = process.argv.slice(2);
/** No test on this Node can come by it. */
const otherDriver = isBuiltin('node:sqlite') ? 'better-sqlite.js' : 'node-sqlite.js';

/** In memory where that can be: files are most of what the tests of a store wait for, and an ended process leaves its own. */
const scratch = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'mutants-'));

for (const name of named === undefined ? ['domain', 'event-sourcing', 'store-sqlite'] : [named]) {
  const configFile = join(root, '.data', `mutants-${name}.json`);
  writeFileSync(
    configFile,
    JSON.stringify({
      mutate: [`packages/${name}/dist/${files}`, `!packages/store-sqlite/dist/${otherDriver}`],
      inPlace: true,
      plugins: [join(root, '.ci', 'mutants-runner.mjs')],
      testRunner: 'mocha-12',
      maxTestRunnerReuse: 1,
      concurrency: 2,
      mutator: { excludedMutations: ['StringLiteral', 'Regex'] },
      reporters: ['clear-text', 'progress-append-only', 'html', 'json'],
      clearTextReporter: { logTests: false, allowColor: false },
      htmlReporter: { fileName: `.data/mutants-${name}.html` },
      jsonReporter: { fileName: `.data/mutants-${name}-report.json` },
      tempDirName: '.data/stryker',
      // On a busy machine a run takes many times as long as the first one did: only what never ends is to be ended.
      timeoutMS: 60_000,
      thresholds: { high: 95, low: 90, break: 90 },
    }),
  );
  const tests = testsOf([name]).files.map((file) => join(root, file));
  const env = { ...process.env, TMPDIR: scratch, MUTANTS_TESTS: JSON.stringify(tests) };
  const [program, ...args] = [...stryker, 'run', configFile];
  const { status } = spawnSync(program, args, { cwd: root, env, stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
rmSync(scratch, { recursive: true, force: true });
