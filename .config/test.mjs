/** Sets everything up, then runs the tests of all packages, or of the named ones: `npm test -- store-sqlite domain`. */
import { setUp } from './set-up.mjs';

process.exitCode = await setUp();
if (process.exitCode === 0) {
  const { runTests } = await import('./tests.mjs');
  process.exitCode = await runTests(process.argv.slice(2));
} else {
  console.log('0 passed, 1 failed');
}
