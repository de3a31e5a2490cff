import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { logTo, readConfig, runCommand, start, type Log, type Running } from '@login-policy/iam-server';
import { eventually } from './waiting.js';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** What `.data/quickstart.json` holds. */
export interface Quickstart {
  readonly url: string;
  readonly instanceId: string;
  readonly organizationIds: readonly [string, string];
  readonly tokens: { readonly owner: string; readonly viewer: string };
  readonly users: Readonly<Record<'owner' | 'viewer', { readonly name: string; readonly password: string }>>;
}

/** How a server ended. */
export interface Ended {
  readonly code: unknown;
  readonly said: string;
  readonly complained: string;
}

type Variables = Readonly<Record<string, string>>;

interface Spawned {
  readonly variables?: Variables | undefined;
  /** Where it complains; a pipe, or a file by its descriptor. */
  readonly stderr?: 'pipe' | number | undefined;
  /** The words of a command. */
  readonly line?: readonly string[] | undefined;
}

/** The server as a user starts it: a process of its own in a folder of its own. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #said: string[] = [];
  readonly #complained: string[] = [];
  readonly #ended: Promise<Ended>;
  readonly folder: string;

  constructor(folder: string, { line = [], stderr = 'pipe', variables = {} }: Spawned) {
    const env = { PATH: process.env['PATH'], PORT: '0', ...variables };
    this.folder = folder;
    this.#child = spawn(process.execPath, [main, ...line], { cwd: folder, env, stdio: ['ignore', 'pipe', stderr] });
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#said.push(chunk.toString()));
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#complained.push(chunk.toString()));
    this.#ended = once(this.#child, 'close').then(([code]: unknown[]) => ({ code, ...this.output }));
  }

  get output(): { readonly said: string; readonly complained: string } {
    return { said: this.#said.join(''), complained: this.#complained.join('') };
  }

  /** The address it printed, once it answers. */
  async url(): Promise<string> {
    return eventually('the address of the server', () => {
      if (this.#child.exitCode !== null) throw new Error(`the server ended: ${this.output.complained}`);
      return /page +(https?:\S+)\/\n/.exec(this.output.said)?.[1];
    });
  }

  /** Closes the pipes it writes to, as the end of their reader does. */
  stopListening(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  signal(name: 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(name);
  }

  ended(): Promise<Ended> {
    return this.#ended;
  }

  /** Ends it as an operator does. */
  async stop(): Promise<Ended> {
    this.signal('SIGTERM');
    return this.#ended;
  }
}

/** A line of the log, parsed. */
export interface Logged {
  readonly time: string;
  readonly level: string;
  readonly message: string;
  readonly [fact: string]: unknown;
}

/** A log whose lines are kept. */
export class KeptLog {
  readonly said: string[] = [];
  readonly #lines: string[] = [];
  readonly log: Log = logTo(into(this.said), into(this.#lines));

  get lines(): readonly Logged[] {
    return this.#lines.map((line) => JSON.parse(line));
  }

  /** What went wrong. */
  get errors(): readonly string[] {
    return this.lines.filter(({ level }) => level === 'error').map(({ message }) => message);
  }
}

function into(texts: string[]): Writable {
  return new Writable({
    write(chunk: Buffer, _, done) {
      texts.push(chunk.toString());
      done();
    },
  });
}

/** A server that runs in the process of the tests: that costs a tenth of a process of its own. */
export class Server extends KeptLog {
  readonly folder: string;
  #running: Running | undefined;

  constructor(folder: string) {
    super();
    this.folder = folder;
  }

  /** Starts it, for the first time or again. */
  async start(variables: Variables = {}): Promise<string> {
    const config = readConfig({ PORT: '0', IAM_DATA: join(this.folder, '.data'), ...variables });
    this.#running = await start(config, this.log);
    return this.url;
  }

  get running(): Running {
    if (this.#running === undefined) throw new Error('the server does not run');
    return this.#running;
  }

  get url(): string {
    return this.running.started.url;
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.stop();
  }
}

/** Temporary folders and the servers in them, all of which end with the test. */
export class TestBench {
  readonly #folders: string[] = [];
  readonly #processes: ServerProcess[] = [];
  readonly #servers: Server[] = [];

  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'iam-server-'));
    this.#folders.push(folder);
    return folder;
  }

  /** A process of its own, for what only a process can show: signals, kills, exit codes. */
  spawn(folder: string, variables?: Variables, others: Omit<Spawned, 'variables'> = {}): ServerProcess {
    const server = new ServerProcess(folder, { variables, ...others });
    this.#processes.push(server);
    return server;
  }

  async serveAlone(
    variables?: Variables,
  ): Promise<{ readonly server: ServerProcess; readonly quickstart: Quickstart }> {
    const server = this.spawn(await this.folder(), variables);
    await server.url();
    return { server, quickstart: await readQuickstart(server.folder) };
  }

  /** A server that answers, in a folder that is new unless one is named, and what it wrote for programs. */
  async serve(
    variables?: Variables,
    folder?: string,
  ): Promise<{ readonly server: Server; readonly quickstart: Quickstart }> {
    const server = await this.serveThere(folder ?? (await this.folder()), variables);
    return { server, quickstart: await readQuickstart(server.folder) };
  }

  /** A server that answers in a folder whose accounts somebody else wrote. */
  async serveThere(folder: string, variables?: Variables): Promise<Server> {
    const server = new Server(folder);
    this.#servers.push(server);
    await server.start(variables);
    return server;
  }

  /** A start that comes to nothing, and what was said of it. */
  async fail(
    variables: Variables,
    folder?: string,
  ): Promise<{ readonly folder: string; readonly errors: readonly string[] }> {
    const server = new Server(folder ?? (await this.folder()));
    const outcome = await server.start(variables).catch(() => 'failed');
    if (outcome !== 'failed') throw new Error(`the server started at ${outcome}`);
    return { folder: server.folder, errors: server.errors };
  }

  async clear(): Promise<void> {
    for (const server of this.#processes.splice(0)) {
      server.signal('SIGKILL');
      await server.ended();
    }
    for (const server of this.#servers.splice(0)) await server.stop();
    for (const folder of this.#folders.splice(0)) await rm(folder, { recursive: true, force: true });
  }
}

export async function readQuickstart(folder: string): Promise<Quickstart> {
  return JSON.parse(await readFile(join(folder, '.data', 'quickstart.json'), 'utf8'));
}

/** Runs a command of the server beside it, and returns what it printed. */
export function commandIn(folder: string, line: readonly string[], variables: Variables = {}): Promise<string> {
  return runCommand(readConfig({ IAM_DATA: join(folder, '.data'), ...variables }), line);
}
