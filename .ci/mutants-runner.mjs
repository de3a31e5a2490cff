/**
 * Runs Mocha for Stryker, whose own runner only supports Mocha up to 11. A first run records which tests reach which
 * mutant. Then each mutant is tested by only those tests, up to the first that fails. Each run has a process of its own
 * (`mutants-process.mjs`), so that no run is affected by an earlier one. These processes start faster than Stryker's
 * own.
 */
import { fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const testFiles = JSON.parse(process.env['MUTANTS_TESTS'] ?? '[]');
/** The duration of each test in the first run. Fast tests run first. */
const times = join(tmpdir(), 'times.json');

/** Stryker's status code of a failed test. */
const FAILED = 1;

class MochaRunner {
  capabilities() {
    return { reloadEnvironment: true };
  }

  async dryRun({ files: broken }) {
    const { tests, mutantCoverage } = await runApart({ files: testFiles, broken });
    writeFileSync(times, JSON.stringify(tests.map(({ id, timeSpentMs }) => [id, timeSpentMs])));
    return { status: 'complete', tests, mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, mutantActivation }) {
    const { tests, isEndless } = await runApart({
      files: testFilter === undefined ? testFiles : quickestFirst(testFilter),
      meant: testFilter,
      turnedOn: { id: activeMutant.id, hitLimit, isFromStart: mutantActivation === 'static' },
    });
    if (isEndless) return { status: 'timeout' };
    const nrOfTests = tests.length;
    const noticed = tests.find(({ status }) => status === FAILED);
    if (noticed === undefined) return { status: 'survived', nrOfTests };
    return { status: 'killed', killedBy: [noticed.id], failureMessage: noticed.failureMessage, nrOfTests };
  }
}

/** The results of tests in a process of their own. If it ends without a result, the mutant ended it. */
function runApart(wanted) {
  const started = fork(fileURLToPath(new URL('mutants-process.mjs', import.meta.url)), { stdio: 'ignore' });
  started.send(wanted);
  return new Promise((answered) => {
    started.once('message', answered);
    // Not `exit`, which may be emitted before the last message.
    started.once('disconnect', () =>
      answered({ tests: [{ id: wanted.meant?.[0] ?? '', status: FAILED, failureMessage: 'The process ended.' }] }),
    );
  });
}

/** The files of these tests, fastest first. */
function quickestFirst(ids) {
  const took = new Map(JSON.parse(readFileSync(times, 'utf8')));
  const files = new Map();
  for (const id of ids) {
    const [file] = id.split(': ');
    files.set(file, (files.get(file) ?? 0) + (took.get(id) ?? 0));
  }
  return [...files.keys()].sort((one, other) => files.get(one) - files.get(other));
}

export const strykerPlugins = [{ kind: 'TestRunner', name: 'mocha-12', injectableClass: MochaRunner }];
