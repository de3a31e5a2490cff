import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** A test that shows nothing for so long hangs; on a machine that is slow now, for as many times longer. */
const longestTestMs = 120_000;

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
      const isBroken = ending === undefined || (code !== 0 && ending.failed === 0);
      if (isBroken) said.push(Buffer.from(`The tests of ${job.name} ended with ${signal ?? `exit code ${code}`}.\n`));
      board.end(job, { said: Buffer.concat(said).toString('utf8'), isBroken });
      resolve();
    });
  });
}
