'use strict';

/**
 * A rejection that nobody handles fails the test that runs meanwhile, and after the last test the whole run.
 *
 * Mocha 12 listens for them and lets them go, which also takes Node's own answer away; loaded before Mocha's listener, this
 * one turns each into an uncaught exception, which Mocha does count.
 */
process.on('unhandledRejection', (reason) => {
  throw reason instanceof Error ? reason : new Error(`unhandled rejection: ${String(reason)}`);
});
