/**
 * Mutation testing by Stryker: `npm run mutants` changes the compiled code of the domain, or of the `PACKAGE`, in one
 * place at a time, runs its tests, and prints each mutant that no test detects. `FILES` and `TESTS` are patterns of the
 * files to change and the tests to run: `PACKAGE=domain FILES='commands/*.js' TESTS='decide*'`.
 *
 * A mutant that causes an endless loop counts as detected. The code is changed during a run, so use a separate clone.
 */
const { PACKAGE: name = 'domain', FILES: files = '**/*.js', TESTS: tests = '*' } = process.env;
// The next-release tests derive another release from the text of the code, which is mutated here.
const flags = `--config .config/mocharc.json --bail --timeout 20000 --ignore "**/next-release.test.js"`;

export default {
  mutate: [`packages/${name}/dist/${files}`],
  inPlace: true,
  disableTypeChecks: false,
  testRunner: 'command',
  commandRunner: {
    command: `node node_modules/mocha/bin/mocha.js "packages/${name}/.test-build/**/${tests}.test.js" ${flags}`,
  },
  concurrency: 3,
  mutator: { excludedMutations: ['StringLiteral', 'Regex'] },
  reporters: ['clear-text', 'progress-append-only', 'html'],
  clearTextReporter: { logTests: false, allowColor: false },
  htmlReporter: { fileName: `.data/mutants-${name}.html` },
  tempDirName: '.data/stryker',
  thresholds: { high: 95, low: 90, break: 90 },
  // On a busy machine a run takes many times as long as the first one: end only endless runs.
  timeoutMS: 60_000,
};
