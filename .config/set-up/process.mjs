import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const stillAliveEveryMs = 20_000;

/** Stops the set-up, with a message that says what to do, and the output of the failed program. */
export class SetUpFailed extends Error {
  constructor(message, output = '') {
    super(message);
    this.output = output;
  }
}

/** Prints a line on stderr, so that stdout only contains the program's own output. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Runs a program to its end. Returns its exit code, its stdout, and everything it wrote; nothing is printed meanwhile.
 *
 * With `doing`, a line every 20 seconds says that the work continues.
 */
export function run(command, { cwd, env = process.env, doing, timeoutMs } = {}) {
  const [file, ...args] = command;
  const began = Date.now();
  const seconds = () => Math.round((Date.now() - began) / 1000);
  return new Promise((resolve) => {
    const stdio = ['ignore', 'pipe', 'pipe'];
    const child = spawn(file, args, { cwd, env, stdio, timeout: timeoutMs, windowsHide: true });
    const [out, all] = [[], []];
    child.stdout.on('data', (chunk) => out.push(chunk));
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => all.push(chunk));
    const alive = setInterval(() => doing && say(`… still ${doing} (${seconds()} s)`), stillAliveEveryMs);
    const settle = (code, reason = '') => {
      clearInterval(alive);
      const [stdout, output] = [out, all].map((chunks) => Buffer.concat(chunks).toString('utf8'));
      resolve({ code, stdout, output: output + reason, seconds: seconds() });
    };
    child.on('error', (error) => settle(1, `${file}: ${error.message}`));
    child.on('close', (code, signal) => settle(code ?? 1, signal ? `\n${file} was ended by ${signal}` : ''));
  });
}

/**
 * The command to run a program of npm (`npm`, `npx`) without a shell: of the npm that runs us, or that belongs to our
 * Node.
 */
export function programOfNpm(name) {
  const besideNpm = process.env['npm_execpath'] ?? '';
  const candidates = [
    basename(besideNpm) === 'npm-cli.js' ? join(dirname(besideNpm), `${name}-cli.js`) : '',
    join(dirname(process.execPath), 'node_modules', 'npm', 'bin', `${name}-cli.js`),
    join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', `${name}-cli.js`),
  ];
  const found = candidates.find((candidate) => candidate !== '' && existsSync(candidate));
  return found === undefined ? [name] : [process.execPath, found];
}
