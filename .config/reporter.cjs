'use strict';

const { relative, sep } = require('node:path');
const { reporters, Runner } = require('mocha');

const on = Runner.constants;
const stillAliveEveryMs = 15_000;
const slowestShown = 5;
const notRun = 'NOT RUN: ';

/**
 * The output of a test run: failures as soon as their file is done, the progress now and then, and at the end all
 * failures in full, the slowest tests, the tests that can't run on this machine, and the counts in the very last line.
 */
class Reporter extends reporters.Base {
  #began = performance.now();
  #files = new Set();
  #tests = [];
  #notRun = new Set();
  #broken = 0;
  #expected;
  #alive = setInterval(() => this.#sayHowFar(), stillAliveEveryMs);

  constructor(runner, options) {
    super(runner, options);
    this.#expected = options.reporterOptions?.files ?? [];
    runner.on(on.EVENT_TEST_FAIL, (test) => say(`  FAILED  ${test.fullTitle()}`));
    runner.on(on.EVENT_TEST_RETRY, (test, { message }) => say(`  AGAIN   ${test.fullTitle()}: ${message}`));
    runner.on(on.EVENT_TEST_PENDING, (test) => this.#leaveOut(test));
    runner.on(on.EVENT_TEST_PASS, (test) => this.#tests.push(test));
    for (const end of [on.EVENT_TEST_END, on.EVENT_HOOK_END]) runner.on(end, (one) => this.#count(one));
  }

  /** Mocha calls this at the end. */
  done(failures, conclude) {
    clearInterval(this.#alive);
    this.#end();
    conclude(failures + this.#broken);
  }

  /** A test may only be skipped with a title that says what the machine lacks. */
  #leaveOut(test) {
    if (test.title.startsWith(notRun)) this.#notRun.add(test.title);
    else this.#break(`${test.fullTitle()} was left out.`);
  }

  #break(sentence) {
    say(`  FAILED  ${sentence}`);
    this.#broken += 1;
  }

  #count({ file }) {
    this.#files.add(
      relative(process.cwd(), file ?? '')
        .split(sep)
        .join('/'),
    );
  }

  #sayHowFar() {
    const { passes, failures } = this.stats;
    const files = `${this.#files.size} of ${this.#expected.length} files`;
    say(`  … ${this.#seconds()} s: ${files}, ${passes} passed, ${failures} failed`);
  }

  #seconds() {
    return Math.round((performance.now() - this.#began) / 1000);
  }

  #end() {
    for (const file of this.#expected) if (!this.#files.has(file)) this.#break(`${file} ran no test.`);
    if (this.failures.length > 0) reporters.Base.list(this.failures);
    const slowest = this.#tests.toSorted((a, b) => b.duration - a.duration).slice(0, slowestShown);
    for (const test of slowest) say(`  ${(test.duration / 1000).toFixed(1)} s  ${test.fullTitle()}`);
    for (const sentence of this.#notRun) say(`\n${sentence}`);
    say(`\nIn ${this.#seconds()} s:\n${this.stats.passes} passed, ${this.stats.failures + this.#broken} failed`);
  }
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

module.exports = Reporter;
