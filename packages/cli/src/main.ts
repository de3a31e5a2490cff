#!/usr/bin/env node
import { EXIT } from './exit-codes.js';
import { isReading } from './files/read-file.js';
import type { Io, Output } from './io.js';
import { printInterrupted, run } from './run.js';
import { askOn, type Terminal } from './terminal.js';

/**
 * Handles write errors. The command goes on without this output, because it must not end half done. Then its exit code
 * is that of failed output. A closed pipe, as with `login-policy history | head`, is not an error: the command's own
 * exit code counts.
 */
function outputOf(stream: NodeJS.WriteStream): Output & { readonly isEmpty: boolean } {
  let [isClosed, isEmpty] = [false, true];
  stream.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (isClosed) return;
    isClosed = true;
    if (code === 'EPIPE') return;
    const problem = code === 'ENOSPC' ? 'the disk is full' : String(code);
    // A failure of stderr itself can't be reported.
    if (stream !== process.stderr) process.stderr.write(`The output can't be written: ${problem}. It is incomplete.\n`);
    process.exitCode = EXIT.output;
  });
  return {
    isTerminal: stream.isTTY,
    get isClosed() {
      return isClosed;
    },
    get isEmpty() {
      return isEmpty;
    },
    write(text) {
      isEmpty = false;
      if (!isClosed) stream.write(text);
    },
  };
}

const interruption = new AbortController();

/** The first Ctrl-C stops after the running step. The second stops at once. */
function interrupt(): void {
  if (interruption.signal.aborted) {
    // A second document would make the first one unreadable.
    if (out.isEmpty) printInterrupted(argv, { err, out });
    endNow();
  }
  process.stderr.write('\nStopping; press Ctrl-C again to stop at once.\n');
  interruption.abort();
}

/** Node waits for a read of a pipe even then, so a signal ends it. A shell has the same exit code for that. */
function endNow(): void {
  if (isReading()) {
    process.removeAllListeners('SIGINT');
    process.kill(process.pid, 'SIGINT');
  }
  process.exit(EXIT.interrupted);
}

process.on('SIGINT', interrupt);
process.on('SIGTERM', interrupt);
// Some versions of Node 24 warn on every start that SQLite is experimental. An operator can't act on that.
process.removeAllListeners('warning');
process.on('warning', ({ message, name }) => {
  if (name !== 'ExperimentalWarning') process.stderr.write(`${name}: ${message}\n`);
});

const argv = process.argv.slice(2);
const [out, err] = [outputOf(process.stdout), outputOf(process.stderr)];
const { stderr: output, stdin: input } = process;
const terminal: Terminal = { input, output, interrupt, interrupted: interruption.signal };
const io: Io = {
  out,
  err,
  env: process.env,
  cwd: process.cwd(),
  ask: input.isTTY && output.isTTY ? (question) => askOn(terminal, question) : undefined,
  interrupted: interruption.signal,
};
const code = await run(argv, io);
process.exitCode ??= code;
if (isReading()) endNow();
process.off('SIGINT', interrupt);
process.off('SIGTERM', interrupt);
