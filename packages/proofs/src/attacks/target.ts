import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MEMORY_REPORT = fileURLToPath(new URL('memory-report.js', import.meta.url));
/** Expected faults that a caller with many requests can cause. */
const EXPECTED = /concurrent-change|deadline-exceeded|projection-behind/;

/** How a server is started. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The memory of a process, in bytes. */
export interface Memory {
  readonly inUse: number;
  readonly rss: number;
}

/** A server under attack: a process of its own, which prints its address. */
export class Target {
  readonly #child: ChildProcess;
  readonly #output: string[] = [];
  readonly #errorOutput: string[] = [];
  readonly #ended: Promise<unknown>;
  #port = 0;

  private constructor({ args, env, file }: Command) {
    const flags = [
      '--no-warnings',
      '--expose-gc',
      '--max-old-space-size=512',
      '--import',
      MEMORY_REPORT,
      file,
      ...args,
    ];
    this.#child = spawn(process.execPath, flags, {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#output.push(chunk.toString()));
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#errorOutput.push(chunk.toString()));
    this.#ended = once(this.#child, 'close').then(([code, signal]: unknown[]) => code ?? signal);
  }

  /** Starts a server. @throws Error when it ends before it listens. */
  static async start(command: Command): Promise<Target> {
    const target = new Target(command);
    while (target.#port === 0) {
      const stdout = target.#child.stdout;
      if (stdout !== null) await Promise.race([once(stdout, 'data'), target.#ended]);
      target.demandAlive();
      target.#port = Number(/https?:\/\/127\.0\.0\.1:(\d+)/.exec(target.#output.join(''))?.[1] ?? 0);
    }
    return target;
  }

  get port(): number {
    return this.#port;
  }

  /** @throws Error when the process has ended, or has logged something that no caller should be able to cause. */
  demandAlive(): void {
    const { exitCode, signalCode } = this.#child;
    const lines = this.#errorOutput.join('').split('\n');
    const unexpectedLines = lines.filter((line) => line !== '' && !EXPECTED.test(line));
    if (exitCode === null && signalCode === null && unexpectedLines.length === 0) return;
    throw new Error(`the server ended (${exitCode ?? signalCode}), or complained:\n${unexpectedLines.join('\n')}`);
  }

  /** The memory in use after a garbage collection, and the memory allocated by the system. */
  async memory(): Promise<Memory> {
    const answer = once(this.#child, 'message');
    this.#child.send('memory');
    const [report = ''] = (await answer).map(String);
    const [inUse = Number.NaN, rss = Number.NaN] = report.split(' ').map(Number);
    return { inUse, rss };
  }

  /** Asks the process to end, and returns its exit code. */
  async end(): Promise<unknown> {
    this.#child.kill('SIGTERM');
    return this.#ended;
  }

  /** Kills the process. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

/** How much the memory of a server may grow. */
const MOST_GROWN = 48_000_000;

/** Checks that the memory of a server does not grow much. */
export class MemoryLimit {
  readonly #target: Target;
  #first: number | undefined;

  constructor(target: Target) {
    this.#target = target;
  }

  /** @throws Error when the memory has grown too much since the first check. */
  async check(): Promise<void> {
    const { inUse: bytes } = await this.#target.memory();
    this.#first ??= bytes;
    if (bytes > this.#first + MOST_GROWN)
      throw new Error(`it holds ${bytes} bytes, after ${this.#first} in the beginning`);
  }
}
