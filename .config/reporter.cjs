'use strict';

const { reporters, Runner } = require('mocha');

const on = Runner.constants;
const notRun = 'NOT RUN: ';

/**
 * Mocha's dots and failures, and what a run must not hide: a skipped test fails unless its title says what the machine
 * lacks, and so does a file without tests. The very last line counts.
 */
class Reporter extends reporters.Dot {
  #tested = new Set();
  #broken = new Set();
  #notRun = new Set();

  constructor(runner, options) {
    super(runner, options);
    runner.on(on.EVENT_TEST_FAIL, (test) => say(`\n  FAILED  ${test.fullTitle()}`));
    runner.on(on.EVENT_TEST_RETRY, (test, { message }) => say(`\n  AGAIN   ${test.fullTitle()}: ${message}`));
    runner.on(on.EVENT_TEST_PENDING, (test) => {
      if (test.title.startsWith(notRun)) this.#notRun.add(test.title);
      else this.#broken.add(`${test.fullTitle()} was skipped.`);
    });
    for (const end of [on.EVENT_TEST_END, on.EVENT_HOOK_END]) runner.on(end, ({ file }) => this.#tested.add(file));
  }

  /** Mocha calls this at the end. */
  done(failures, conclude) {
    for (const file of this.options.files) if (!this.#tested.has(file)) this.#broken.add(`${file} ran no test.`);
    for (const sentence of this.#broken) say(`  FAILED  ${sentence}`);
    for (const sentence of this.#notRun) say(sentence);
    const failed = failures + this.#broken.size;
    say(`${this.stats.passes} passed, ${failed} failed`);
    conclude(failed);
  }
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

module.exports = Reporter;
