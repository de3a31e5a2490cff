import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const stillAliveEveryMs = 20_000;

/** What stops the set-up: a sentence that says what to do, and the output of the program that failed. */
export class SetUpFailed extends Error {
  constructor(message, output = '') {
    super(message);
    this.output = output;
  }
}

/** Tells the person in front of it; on stderr, so that a program's own answer on stdout stays clean. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Runs a program to its end, with its output kept back, and answers with exit code and output.
 *
 * Every 20 seconds it says that the work still goes on: a native driver may take minutes to compile.
 */
export function run(command, { cwd, env = process.env, doing }) {
  const [file, ...args] = command;
  const began = Date.now();
  const seconds = () => Math.round((Date.now() - began) / 1000);
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    const alive = setInterval(() => say(`… still ${doing} (${seconds()} s)`), stillAliveEveryMs);
    const settle = (code, reason = '') => {
      clearInterval(alive);
      resolve({ code, output: Buffer.concat(chunks).toString('utf8') + reason, seconds: seconds() });
    };
    child.on('error', (error) => settle(1, `${file}: ${error.message}`));
    child.on('close', (code, signal) => settle(code ?? 1, signal ? `\n${file} was ended by ${signal}` : ''));
  });
}

/** A program (`npm`, `npx`) of the npm which runs us or stands beside our Node, called without a shell. */
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
