/**
 * Runs tests with one mutant active, or with none, and reports the results. `mutants-runner.mjs` starts a process for
 * each run.
 */
import { subscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import Mocha from 'mocha';

const { mochaHooks } = createRequire(import.meta.url)('../.config/mocha-hooks.cjs');
/** Far longer than any of the tests takes, because a mutant may make a test wait forever. */
const timeout = 20_000;
/** The object in which instrumented code looks up the active mutant, and records the mutants it reached. */
const breaks = (globalThis['__stryker__'] ??= {});
/** Stryker's status codes of a test. */
const [passed, failed] = [0, 1];

process.once('message', async (wanted) => {
  const answer = wanted.turnedOn === undefined ? await firstRun(wanted) : await runWith(wanted.turnedOn, wanted);
  process.send(answer, () => process.exit());
});
// The parent process has ended.
process.once('disconnect', () => process.exit());

/** Processes that a test starts can't record which mutants they reach, so that test counts as reaching all. */
async function firstRun({ files, broken }) {
  const starters = new Set();
  subscribe('child_process', () => breaks.currentTestId && starters.add(breaks.currentTestId));
  const tests = [];
  for (const file of files) tests.push(...(await run(file, { stopsAtFailure: false })));
  const { mutantCoverage } = breaks;
  const everything = Object.fromEntries(broken.flatMap(breaksIn).map((id) => [id, 1]));
  for (const id of starters) mutantCoverage.perTest[id] = everything;
  return { tests, mutantCoverage };
}

async function runWith({ id, hitLimit, isFromStart }, { files, meant }) {
  const turnOn = () => {
    breaks.activeMutant = id;
    // For the processes that a test starts.
    process.env['__STRYKER_ACTIVE_MUTANT__'] = id;
    if (hitLimit !== undefined) Object.assign(breaks, { hitLimit, hitCount: breaks.hitCount ?? 0 });
  };
  if (isFromStart) turnOn();
  const tests = [];
  for (const file of files) {
    tests.push(...(await run(file, { meant, beforeTests: turnOn, stopsAtFailure: true })));
    if (breaks.hitCount > hitLimit) return { isEndless: true };
    if (tests.at(-1)?.status === failed) break;
  }
  return { tests };
}

/**
 * Runs one file at a time. The first file detects most mutants, and loading all files takes longer than running its
 * tests.
 */
async function run(file, { meant, beforeTests, stopsAtFailure }) {
  const mocha = new Mocha({ reporter: class {}, timeout, rootHooks: mochaHooks });
  mocha.suite.beforeEach(function () {
    breaks.currentTestId = idOf(this.currentTest);
  });
  mocha.suite.afterEach(() => delete breaks.currentTestId);
  mocha.addFile(file);
  try {
    await mocha.loadFilesAsync();
  } catch (error) {
    return [{ id: meant?.[0] ?? '', status: failed, failureMessage: String(error) }];
  }
  if (meant !== undefined) leaveOutAllBut(new Set(meant), mocha.suite);
  beforeTests?.();
  return new Promise((ended) => {
    const tests = [];
    const add = (test, status, error) =>
      tests.push({
        id: idOf(test),
        name: test.fullTitle(),
        status,
        timeSpentMs: test.duration ?? 0,
        fileName: test.file,
        failureMessage: String(error),
      });
    const runner = mocha.run(() => ended(tests));
    runner.on('pass', (test) => add(test, passed));
    runner.on('fail', (test, error) => {
      add(test.ctx?.currentTest ?? test, failed, error);
      // Ends without waiting, because the process ends with this mutant.
      if (stopsAtFailure) ended(tests);
    });
  });
}

/** The ids of the mutants in a file, as Stryker writes them before each place. */
function breaksIn(file) {
  const places = readFileSync(file, 'utf8').matchAll(/\bstryCov_\w+\(([^)]+)\)/g);
  return [...places].flatMap(([, ids]) => ids.match(/\d+/g));
}

function leaveOutAllBut(meant, suite) {
  suite.tests = suite.tests.filter((test) => meant.has(idOf(test)));
  for (const inner of suite.suites) leaveOutAllBut(meant, inner);
}

function idOf(test) {
  return `${test.file}: ${test.fullTitle()}`;
}
