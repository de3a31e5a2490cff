/**
 * Sets up what examples need to run, where it is not set up yet, then runs the one in that folder, and ends it when `npm start` is ended:
 * npm hands a signal on to its shell, and many a shell to nobody.
 */
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setUp } from './set-up.mjs';

const lookEveryMs = 200;

const [, , folder] = process.argv;
process.exitCode = await setUp({ compiles: false });
if (process.exitCode === 0) {
  if (process.env['npm_lifecycle_event'] !== undefined) endWithShell(process.ppid);
  await import(pathToFileURL(resolve(join(folder, 'dist', 'main.js'))).href);
}

function endWithShell(shell) {
  const timer = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, lookEveryMs);
  timer.unref();
}
