import { run, type Io, type Output } from '@login-policy/cli';
import { parentPort, workerData } from 'node:worker_threads';

/** Runs a command line as a thread that may be ended at any moment, and tells of each thing it writes. */
const port = parentPort;
const { argv, cwd }: { argv: readonly string[]; cwd: string } = workerData;
const output: Output = { isTerminal: true, write: (text) => port?.postMessage(text) };
const interrupted = new AbortController().signal;
const io: Io = { out: output, err: output, env: {}, cwd, ask: undefined, interrupted };
port?.postMessage({ code: await run(argv, io) });
