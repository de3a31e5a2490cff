'use strict';

const { subscribe } = require('node:diagnostics_channel');
const { setImmediate: nextTurn, setTimeout: pause } = require('node:timers/promises');

const graceMs = 10_000;
const lookAgainMs = 20;
const threads = new Set();

// Node does not count a thread among the resources that keep a process alive.
subscribe('worker_threads', ({ worker }) => {
  threads.add(worker);
  worker.once('exit', () => threads.delete(worker));
});

/**
 * What fails a file of tests beside its tests. `npm test` runs many files in one process, one after the other, so each is asked.
 *
 * A rejection that nobody handles fails the test that runs meanwhile: Mocha 12 listens for them and lets them go, which also takes Node's
 * own answer away; before Mocha's listener, ours turns each into an uncaught exception, which Mocha does count. And whatever a test left
 * behind that would keep the run from ending, or work on beside other tests, is a defect.
 */
exports.mochaHooks = {
  beforeAll() {
    process.off('unhandledRejection', refuse);
    process.prependListener('unhandledRejection', refuse);
    const known = [...alive(), 'Timeout'];
    // Behind the hooks of the file.
    this.test.parent.afterAll('leaves nothing behind', function () {
      this.timeout(0);
      return nothingBut(known);
    });
  },
};

function refuse(reason) {
  throw reason instanceof Error ? reason : new Error(`unhandled rejection: ${String(reason)}`);
}

async function nothingBut(known) {
  // A time-out of the hook itself is set behind its first turn, and a timer still counts in its own.
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
