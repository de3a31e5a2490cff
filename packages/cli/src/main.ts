#!/usr/bin/env node
import { createInterface } from 'node:readline/promises';
import { EXIT } from './exit-codes.js';
import type { Io, Output } from './io.js';
import { run } from './run.js';

/** The reader of the output may stop reading: `login-policy history | head`. */
function outputOf(stream: NodeJS.WriteStream): Output {
  stream.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') process.exit(process.exitCode ?? EXIT.done);
    const is = code === 'ENOSPC' ? 'there is no room on its disk' : String(code);
    // Of stderr itself nothing can be said.
    if (stream !== process.stderr)
      process.stderr.write(`The output can't be written: ${is}. What is there is not whole.\n`);
    process.exit(EXIT.output);
  });
  return { isTerminal: stream.isTTY, write: (text) => void stream.write(text) };
}

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question, { signal: interrupting.signal });
  } finally {
    lines.close();
  }
}

const interrupting = new AbortController();

/** The first Ctrl-C lets what has begun end; the second does not wait. */
function interrupt(): void {
  if (interrupting.signal.aborted) process.exit(EXIT.interrupted);
  process.stderr.write('\nStopping; Ctrl-C again ends at once.\n');
  interrupting.abort();
}

process.on('SIGINT', interrupt);
process.on('SIGTERM', interrupt);
// Some Node 22 and 24 call SQLite experimental on every start: that is nothing an operator can do anything about.
process.removeAllListeners('warning');
process.on('warning', ({ message, name }) => {
  if (name !== 'ExperimentalWarning') process.stderr.write(`${name}: ${message}\n`);
});

const io: Io = {
  out: outputOf(process.stdout),
  err: outputOf(process.stderr),
  env: process.env,
  cwd: process.cwd(),
  ask: process.stdin.isTTY && process.stderr.isTTY ? ask : undefined,
  interrupted: interrupting.signal,
};
process.exitCode = await run(process.argv.slice(2), io);
process.off('SIGINT', interrupt);
process.off('SIGTERM', interrupt);
