/** `npm test` passes on a machine without a browser, and says what it did not run; a file without tests is still a failure. */
import { runJob } from '../.config/tests/job.mjs';
import { conclude, root } from './workspace.mjs';

const findings = [];
const built = 'examples/iam-server/.test-build';

Object.assign(process.env, { CHROMIUM: '/no/browser' });
delete process.env.CI;
const { said, isBroken } = await ended(`${built}/browser/signing-in.test.js`);
if (isBroken) findings.push(`Without a browser npm test fails: ${said}`);
if (!said.includes('NOT RUN: ')) findings.push('Without a browser nothing says that its tests are not run.');

const empty = await ended(`${built}/waiting.js`);
if (!empty.isBroken) findings.push('A file without tests counts as passed.');

conclude(findings, 'Without a browser the tests pass and say what they did not run.');

/** What the board is told at the end of a job with this one file. */
async function ended(file) {
  const ends = [];
  const board = { hear: () => undefined, end: (_, end) => ends.push(end) };
  await runJob(root, { job: { name: 'iam-server', files: [file] }, board, pace: 1 });
  return ends[0];
}
