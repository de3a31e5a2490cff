import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { packageFolder } from '../harness/scratch.js';
import { USED, type Used } from './used.js';

const METER = fileURLToPath(new URL('meter-of-process.js', import.meta.url));
const SERVER = join(packageFolder, '../../examples/iam-server/dist/main.js');
const COMMAND_LINE = join(packageFolder, '../cli/dist/main.js');
/**
 * What a server does after its start belongs to the start, until it has used no more than this part of a processor for so
 * long: ended earlier, it would build the rest of its rows in each later start.
 */
const [QUIET_PART, QUIET_MS] = [0.1, 2000];
/** The longest start. */
const LONGEST_MS = 600_000;

/** The server's environment. */
export type Settings = Readonly<Record<`IAM_${string}`, string>>;

/** Starts `iam-server`, waits until it is ready and quiet, and ends it. @returns what it had used by then. */
export async function usedByServer(settings: Settings): Promise<Used> {
  const env = {
    ...settings,
    PORT: '0',
    IAM_START_SECONDS: String(LONGEST_MS / 1000),
    IAM_SIGN_INS: 'no',
    IAM_LOG: 'error',
  };
  const child = spawnMetered([SERVER], env);
  const lines = linesOf(child);
  for (;;) {
    const line = await lines.next();
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (url === undefined) continue;
    await untilReady(`${url}/debug/ready`);
    const used = await usedWhenQuiet(child, lines);
    child.kill();
    await once(child, 'exit');
    return used;
  }
}

/** What a server has used when it has no work left. */
async function usedWhenQuiet(child: ChildProcess, lines: Lines): Promise<Used> {
  const until = performance.now() + LONGEST_MS;
  for (let before = Number.NaN; performance.now() < until; await pause(QUIET_MS)) {
    child.kill('SIGUSR2');
    const used = await lines.used();
    if (used.processorMs - before <= QUIET_PART * QUIET_MS) return used;
    before = used.processorMs;
  }
  throw new Error('the server was not quiet in time');
}

/** Runs a command of the command line. @returns what it had used at its end. */
export function usedByCommand(words: readonly string[]): Promise<Used> {
  return linesOf(spawnMetered([COMMAND_LINE, ...words], {})).used();
}

function spawnMetered(words: readonly string[], settings: Readonly<Record<string, string>>): ChildProcess {
  // This option doubles the time of any start.
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  const options = ['--expose-gc', '--import', METER, ...words];
  return spawn(process.execPath, options, {
    env: { ...env, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

interface Lines {
  next(): Promise<string>;
  /** The next figures. */
  used(): Promise<Used>;
}

function linesOf({ stdout }: ChildProcess): Lines {
  if (stdout === null) throw new TypeError('its output is a pipe');
  const lines = createInterface(stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { done, value } = await lines.next();
    if (done === true) throw new Error('the program ended before it was measured');
    return value;
  };
  const used = async (): Promise<Used> => {
    for (;;) {
      const line = await next();
      if (!line.startsWith(USED)) continue;
      const [processorMs = Number.NaN, heapMb = Number.NaN] = line.slice(USED.length).split(' ').map(Number);
      return { processorMs, heapMb };
    }
  };
  return { next, used };
}

async function untilReady(url: string): Promise<void> {
  const until = performance.now() + LONGEST_MS;
  while ((await fetch(url)).status !== 200) {
    if (performance.now() > until) throw new Error(`${url} was not ready in time`);
    await pause(200);
  }
}
