/**
 * Runs Mocha for Stryker, whose own runner knows Mocha up to 11 only. A first run learns which tests come by which break; then each
 * break is met by those alone, up to the first that notices. It has a process of its own (`maxTestRunnerReuse`), so that none is
 * noticed for what another has left behind.
 */
import { subscribe } from 'node:diagnostics_channel';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Mocha from 'mocha';

const { mochaHooks } = createRequire(import.meta.url)('../.config/mocha-hooks.cjs');
const testFiles = JSON.parse(process.env['MUTANTS_TESTS'] ?? '[]');
/** How long each test took in the first run: the quick ones are asked first. */
const times = join(tmpdir(), 'times.json');
/** Far longer than any of the tests takes: a break may keep one waiting forever. */
const timeout = 20_000;
/** Where broken code asks which break is on, and tells which it came by. */
const breaks = (globalThis['__stryker__'] ??= {});
/** Stryker's names of what became of a test. */
const passed = 0;
const failed = 1;

class MochaRunner {
  #isUsed = false;

  capabilities() {
    return { reloadEnvironment: false };
  }

  /** What runs in a process that a test starts is not told here, so that test counts as one that comes by everything. */
  async dryRun({ files }) {
    this.#isUsed = true;
    const starters = new Set();
    subscribe('child_process', () => breaks.currentTestId && starters.add(breaks.currentTestId));
    const tests = await run(testFiles, { stopsAtFailure: false });
    writeFileSync(times, JSON.stringify(tests.map(({ id, timeSpentMs }) => [id, timeSpentMs])));
    const { mutantCoverage } = breaks;
    const everything = Object.fromEntries(files.flatMap(breaksIn).map((id) => [id, 1]));
    for (const id of starters) mutantCoverage.perTest[id] = everything;
    return { status: 'complete', tests, mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, mutantActivation }) {
    // A module is loaded once, so no test would run; Stryker answers an error with a new process, and asks that one.
    if (this.#isUsed) throw new Error('This process has run its tests.');
    this.#isUsed = true;
    const turnOn = () => {
      breaks.activeMutant = activeMutant.id;
      // For the processes that a test starts.
      process.env['__STRYKER_ACTIVE_MUTANT__'] = activeMutant.id;
      if (hitLimit !== undefined) Object.assign(breaks, { hitLimit, hitCount: 0 });
    };
    if (mutantActivation === 'static') turnOn();
    const files = testFilter === undefined ? testFiles : quickestFirst(testFilter);
    const tests = await run(files, { meant: testFilter, beforeTests: turnOn, stopsAtFailure: true });
    const nrOfTests = tests.length;
    const noticed = tests.find(({ status }) => status === failed);
    if (breaks.hitCount > hitLimit) return { status: 'timeout' };
    if (noticed === undefined) return { status: 'survived', nrOfTests };
    return { status: 'killed', killedBy: [noticed.id], failureMessage: noticed.failureMessage, nrOfTests };
  }
}

async function run(files, { meant, beforeTests, stopsAtFailure }) {
  const mocha = new Mocha({ reporter: class {}, timeout, rootHooks: mochaHooks });
  mocha.suite.beforeEach(function () {
    breaks.currentTestId = idOf(this.currentTest);
  });
  mocha.suite.afterEach(() => delete breaks.currentTestId);
  for (const file of files) mocha.addFile(file);
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

/** The files of these tests, in the order of how long those take together. */
function quickestFirst(ids) {
  const took = new Map(JSON.parse(readFileSync(times, 'utf8')));
  const files = new Map();
  for (const id of ids) {
    const [file] = id.split(': ');
    files.set(file, (files.get(file) ?? 0) + (took.get(id) ?? 0));
  }
  return [...files.keys()].sort((one, other) => files.get(one) - files.get(other));
}

function leaveOutAllBut(meant, suite) {
  suite.tests = suite.tests.filter((test) => meant.has(idOf(test)));
  for (const inner of suite.suites) leaveOutAllBut(meant, inner);
}

function idOf(test) {
  return `${test.file}: ${test.fullTitle()}`;
}

export const strykerPlugins = [{ kind: 'TestRunner', name: 'mocha-12', injectableClass: MochaRunner }];
