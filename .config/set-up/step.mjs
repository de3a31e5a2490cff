import { execFileSync, execSync } from 'node:child_process';

/** Stops the set-up, with a message that says what to do. */
export class SetUpFailed extends Error {}

/** Prints a line on stderr, so that stdout only contains the program's own output. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Runs a command of the shell, or a program of Node with its arguments, to its end. All it writes goes to stderr. */
export function step(failure, command, options) {
  const all = { stdio: ['ignore', 2, 2], windowsHide: true, ...options };
  try {
    if (typeof command === 'string') execSync(command, all);
    else execFileSync(process.execPath, command, all);
  } catch (cause) {
    throw new SetUpFailed(failure, { cause });
  }
}
