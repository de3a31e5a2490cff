'use strict';

const { subscribe } = require('node:diagnostics_channel');
const { relative } = require('node:path');
const { setImmediate: nextTurn, setTimeout: pause } = require('node:timers/promises');

const graceMs = 10_000;
const lookAgainMs = 20;
const threads = new Set();

// Mocha ends a worker a second after its last test, which is too soon to write its coverage.
if (process.env['NODE_V8_COVERAGE'] !== undefined) process.on('SIGTERM', () => undefined);

// A worker sends its results as JSON, which has no bigint. Many faults do, and one would hide the results of its file.
const asJson = (_, value) => (typeof value === 'bigint' ? `${value}n` : value);
const send = process.send?.bind(process);
if (send !== undefined) process.send = (message) => send(JSON.parse(JSON.stringify(message, asJson)));

// The seconds and the processor's seconds of each file, in the process that runs it, without those that it starts.
if (send !== undefined && process.env['TEST_TIMES'] !== undefined) {
  let began = { ms: 0, cpu: { user: 0, system: 0 } };
  process.on('message', () => (began = { ms: performance.now(), cpu: process.cpuUsage() }));
  process.on('file ends', (file) => {
    const { user, system } = process.cpuUsage(began.cpu);
    const seconds = [performance.now() - began.ms, (user + system) / 1000].map((ms) =>
      (ms / 1000).toFixed(2).padStart(7),
    );
    process.stdout.write(`\nTIME ${seconds.join(' ')} ${relative(process.cwd(), file)}\n`);
  });
}

// Node does not count a thread among the resources that keep a process alive.
subscribe('worker_threads', ({ worker }) => {
  threads.add(worker);
  worker.once('exit', () => threads.delete(worker));
});

/**
 * Additional checks for each test file. `npm test` runs many files in one process, so each file is checked.
 *
 * An unhandled rejection fails the running test: our listener turns it into an uncaught exception, which Mocha reports.
 * Mocha 12 ignores unhandled rejections, and its own listener disables Node's default. A test that leaves something
 * running fails its file, because that would keep the process alive or disturb other tests.
 */
exports.mochaHooks = {
  beforeAll() {
    process.off('unhandledRejection', refuse);
    process.prependListener('unhandledRejection', refuse);
    const known = [...alive(), 'Timeout'];
    // Runs after the hooks of the file.
    const { file } = this.test.parent.suites[0] ?? this.test.parent.tests[0] ?? {};
    this.test.parent.afterAll('leaves nothing behind', async function () {
      this.timeout(0);
      await nothingBut(known);
      process.emit('file ends', file);
    });
  },
};

function refuse(reason) {
  throw reason instanceof Error ? reason : new Error(`unhandled rejection: ${String(reason)}`);
}

async function nothingBut(known) {
  // The hook's own time-out starts in the next turn, and a timer still counts as active in the turn in which it fires.
  await nextTurn();
  const giveUpAt = Date.now() + graceMs;
  for (let left = leftOf(known); left.length > 0; left = leftOf(known)) {
    if (Date.now() > giveUpAt) throw new Error(`The tests are done, but this is kept alive: ${left.join(', ')}.`);
    await pause(lookAgainMs);
    await nextTurn();
  }
}

function leftOf(known) {
  const left = alive();
  for (const name of known) if (left.includes(name)) left.splice(left.indexOf(name), 1);
  return left;
}

function alive() {
  return [...process.getActiveResourcesInfo(), ...[...threads].map(() => 'Worker')];
}
