/** Runs tests with one break on, or with none, and says what they say: a process that `mutants-runner.mjs` starts for each. */
import { subscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import Mocha from 'mocha';

const { mochaHooks } = createRequire(import.meta.url)('../.config/mocha-hooks.cjs');
/** Far longer than any of the tests takes: a break may keep one waiting forever. */
const timeout = 20_000;
/** Where broken code asks which break is on, and tells which it came by. */
const breaks = (globalThis['__stryker__'] ??= {});
/** Stryker's names of what became of a test. */
const [passed, failed] = [0, 1];

process.once('message', async (wanted) => {
  const answer = wanted.turnedOn === undefined ? await firstRun(wanted) : await runWith(wanted.turnedOn, wanted);
  process.send(answer, () => process.exit());
});
// The process that asked is gone.
process.once('disconnect', () => process.exit());

/** What runs in a process that a test starts is not told here, so that test counts as one that comes by everything. */
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

/** A file at a time: most breaks are noticed by the first, and loading them all takes longer than its tests do. */
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
      // The process ends with this break: nothing has to be waited for.
      if (stopsAtFailure) ended(tests);
    });
  });
}

/** The numbers of the breaks in a file, as Stryker writes them before each place. */
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
