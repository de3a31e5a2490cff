import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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

/** The server as a user starts it: a process of its own in a folder of its own. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #said: string[] = [];
  readonly #complained: string[] = [];
  readonly #ended: Promise<Ended>;
  readonly folder: string;

  /** `stderr`: where it complains; a pipe, or a file by its descriptor. */
  constructor(folder: string, variables: Variables = {}, stderr: 'pipe' | number = 'pipe') {
    const env = { PATH: process.env['PATH'], PORT: '0', ...variables };
    this.folder = folder;
    this.#child = spawn(process.execPath, [main], { cwd: folder, env, stdio: ['ignore', 'pipe', stderr] });
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

  /** Closes the pipes it writes to, as the end of whoever reads them does. */
  stopListening(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  signal(name: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): void {
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

/** Temporary folders and the servers in them, all of which end with the test. */
export class TestBench {
  readonly #folders: string[] = [];
  readonly #servers: ServerProcess[] = [];

  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'iam-server-'));
    this.#folders.push(folder);
    return folder;
  }

  start(folder: string, variables?: Variables, stderr?: 'pipe' | number): ServerProcess {
    const server = new ServerProcess(folder, variables, stderr);
    this.#servers.push(server);
    return server;
  }

  /** A server that answers, in a new folder, and what it wrote for programs. */
  async serve(variables?: Variables): Promise<{ readonly server: ServerProcess; readonly quickstart: Quickstart }> {
    const server = this.start(await this.folder(), variables);
    await server.url();
    return { server, quickstart: await readQuickstart(server.folder) };
  }

  async clear(): Promise<void> {
    for (const server of this.#servers.splice(0)) {
      server.signal('SIGKILL');
      await server.ended();
    }
    for (const folder of this.#folders.splice(0)) await rm(folder, { recursive: true, force: true });
  }
}

export async function readQuickstart(folder: string): Promise<Quickstart> {
  return JSON.parse(await readFile(join(folder, '.data', 'quickstart.json'), 'utf8'));
}
