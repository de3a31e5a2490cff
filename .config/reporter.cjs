'use strict';

const { relative, sep } = require('node:path');
const { reporters, Runner } = require('mocha');

const { EVENT_RUN_END, EVENT_TEST_BEGIN, EVENT_TEST_FAIL, EVENT_TEST_PASS } = Runner.constants;
const slowMs = 500;
const slowestShown = 5;
const graceMs = 10_000;

/**
 * One line a package while the tests run, then the slowest tests, then every failure in full; the last line is exactly
 * `N passed, N failed`.
 */
class Reporter extends reporters.Base {
  /** The packages seen, in the order their tests ran, each with its counts. */
  #packages = [];
  #slow = [];

  constructor(runner, options) {
    super(runner, options);
    runner.on(EVENT_TEST_BEGIN, (test) => this.#enter(packageOf(test)));
    runner.on(EVENT_TEST_PASS, (test) => this.#pass(test));
    runner.on(EVENT_TEST_FAIL, (test) => this.#fail(test));
    runner.once(EVENT_RUN_END, () => this.#end());
  }

  #enter(name) {
    const current = this.#packages.at(-1);
    if (current?.name === name) return current;
    if (current !== undefined) write(lineOf(current));
    const entered = { name, passed: 0, failed: 0, began: Date.now() };
    this.#packages.push(entered);
    return entered;
  }

  #pass(test) {
    this.#enter(packageOf(test)).passed += 1;
    if (test.duration >= slowMs) this.#slow.push(test);
  }

  /** A failing hook has no test that began, so it may be the first thing heard of its package. */
  #fail(test) {
    this.#enter(packageOf(test)).failed += 1;
    write(`  FAILED  ${test.fullTitle()}`);
  }

  #end() {
    const last = this.#packages.at(-1);
    if (last !== undefined) write(lineOf(last));
    const slowest = this.#slow.toSorted((a, b) => b.duration - a.duration).slice(0, slowestShown);
    if (slowest.length > 0) write('', 'Slowest tests:');
    for (const test of slowest) write(`  ${seconds(test.duration)}  ${packageOf(test)}: ${test.fullTitle()}`);
    if (this.failures.length > 0) reporters.Base.list(this.failures);
    const { passes, failures } = this.stats;
    write('', `${passes} passed, ${failures} failed`);
    failWhatDoesNotEnd();
  }
}

/** A timer, socket or worker that a test left behind would keep the run from ending: that is a defect, so it is one here. */
function failWhatDoesNotEnd() {
  setTimeout(() => {
    const left = process.getActiveResourcesInfo().join(', ');
    process.stderr.write(`The tests are done, but the process is kept alive by: ${left}.\n`);
    // Mocha sets the exit code when the process exits; this listener comes after its own.
    process.once('exit', () => (process.exitCode = 1));
    process.exit();
  }, graceMs).unref();
}

function packageOf(test) {
  const [, name = 'other'] = relative(process.cwd(), test.file ?? '').split(sep);
  return name;
}

function lineOf({ name, passed, failed, began }) {
  const verdict = failed === 0 ? `${passed} passed` : `${passed} passed, ${failed} FAILED`;
  return `${name.padEnd(22)} ${verdict.padEnd(24)} ${seconds(Date.now() - began)}`;
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`.padStart(8);
}

function write(...lines) {
  for (const line of lines) process.stdout.write(`${line}\n`);
}

module.exports = Reporter;
