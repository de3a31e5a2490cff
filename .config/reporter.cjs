'use strict';

const { relative, sep } = require('node:path');
const { reporters, Runner } = require('mocha');

const { EVENT_RUN_END, EVENT_TEST_BEGIN, EVENT_TEST_END, EVENT_TEST_FAIL, EVENT_TEST_PASS, EVENT_TEST_RETRY } =
  Runner.constants;
const graceMs = 10_000;

/**
 * Tells `npm test`, which started this mocha, of each test as it begins and ends; to a person who started it, it says what
 * failed. Both get every failure in full at the end.
 */
class Reporter extends reporters.Base {
  #files = new Map();
  #last = performance.now();

  constructor(runner, options) {
    super(runner, options);
    runner.on(EVENT_TEST_BEGIN, (test) => tell({ kind: 'begin', title: test.fullTitle() }));
    runner.on(EVENT_TEST_PASS, (test) => tell({ kind: 'pass', title: test.fullTitle(), ms: test.duration }));
    runner.on(EVENT_TEST_FAIL, (test) => tell({ kind: 'fail', title: test.fullTitle() }));
    runner.on(EVENT_TEST_RETRY, (test, { message }) => tell({ kind: 'again', title: test.fullTitle(), why: message }));
    runner.on(EVENT_TEST_END, (test) => this.#count(test));
    runner.once(EVENT_RUN_END, () => this.#end());
  }

  /** With all that goes before a test, so that the set-up of a file counts as its own. */
  #count({ file }) {
    const now = performance.now();
    const name = relative(process.cwd(), file ?? '')
      .split(sep)
      .join('/');
    this.#files.set(name, (this.#files.get(name) ?? 0) + now - this.#last);
    this.#last = now;
  }

  #end() {
    if (this.failures.length > 0) reporters.Base.list(this.failures);
    const { passes: passed, failures: failed } = this.stats;
    for (const [file, ms] of this.#files) tell({ kind: 'file', file, ms });
    tell({ kind: 'end', passed, failed });
    if (process.send === undefined) process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
    failWhatDoesNotEnd();
  }
}

function tell(message) {
  if (process.send !== undefined) process.send(message);
  else if (message.kind === 'again') process.stdout.write(`  AGAIN   ${message.title}: ${message.why}\n`);
  else if (message.kind === 'fail') process.stdout.write(`  FAILED  ${message.title}\n`);
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

module.exports = Reporter;
