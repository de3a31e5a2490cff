/**
 * Sets up what is not set up yet, then runs the program that is named, and ends it when `npm start` is ended: npm hands a
 * signal on to its shell, and many a shell to nobody.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const lookEveryMs = 200;

await import('./set-up.mjs');
const [, , program] = process.argv;
if (!process.exitCode) {
  if (process.env['npm_lifecycle_event'] !== undefined) endWithShell(process.ppid);
  await import(pathToFileURL(resolve(program)).href);
}

function endWithShell(shell) {
  const timer = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, lookEveryMs);
  timer.unref();
}
