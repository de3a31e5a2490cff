import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** A test that shows nothing for so long hangs; on a machine that is slow now, for as many times longer. */
const longestTestMs = 120_000;

/** How a file says that it has no tests here, and why. */
const notRun = 'NOT RUN: ';

/** Runs the files of a job in a mocha of its own, tells the board of each test as it ends, and of what else it had to say at the end. */
export function runJob(root, { job, board, pace }) {
  const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const timeout = String(Math.round(longestTestMs * pace));
  const args = [mocha, '--config', '.config/mocharc.json', '--timeout', timeout, ...job.files];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const said = [];
  let ending;
  child.stdout.on('data', (chunk) => said.push(chunk));
  child.stderr.on('data', (chunk) => said.push(chunk));
  child.on('message', (message) => {
    if (message.kind === 'end') ending = message;
    else board.hear(job, message);
  });
  return new Promise((resolve) => {
    child.on('error', (error) => said.push(Buffer.from(`${error.message}\n`)));
    child.on('close', (code, signal) => {
      const why = whyBroken({ job, ending, code, signal, said: Buffer.concat(said).toString('utf8') });
      if (why !== undefined) said.push(Buffer.from(`${why}\n`));
      board.end(job, { said: Buffer.concat(said).toString('utf8'), isBroken: why !== undefined });
      resolve();
    });
  });
}

/** What is wrong with the run of a job, beside the tests that failed. */
export function whyBroken({ job, ending, code, signal, said }) {
  if (ending === undefined || (code !== 0 && ending.failed === 0))
    return `The tests of ${job.name} ended with ${signal ?? `exit code ${code}`}.`;
  if (ending.passed + ending.failed === 0 && !said.includes(notRun))
    return `There was no test in ${job.files.join(', ')}.`;
  return undefined;
}
