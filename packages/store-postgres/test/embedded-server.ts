import { execFile, spawn } from 'node:child_process';
import { appendFileSync, chownSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { ENVIRONMENT, makeCluster } from './cluster-files.js';
import { binariesFor, endProcess, freePort, identityFor, isAlive, type Identity } from './embedded-machine.js';
import { eventually } from './waiting.js';

const run = promisify(execFile);

/**
 * Nothing in the tests takes the power away, only the processes: what they have written is there without waiting for a
 * disk. A test that measures, or proves what is kept, wants the server as it is by default.
 */
const SETTINGS = { hasty: ['-c', 'fsync=off', '-c', 'full_page_writes=off'], durable: [] } as const;

// The shell waits for the end of its input, which comes with the end of this process, however that ends. A server that
// was killed and started again belongs to the shell that started it last.
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
    await makeCluster(join(folder, 'data'), { binaries, identity });
    const server = new EmbeddedServer({ folder, port: await freePort(), binaries, identity, durability });
    await server.restart();
    return server;
  }

  /**
   * Makes a hot standby of this server, which follows it under this name: the folder is copied while the server writes,
   * as a base backup is. A name stands in `synchronous_standby_names` for writers that wait for it.
   */
  async standby(name = 'standby'): Promise<EmbeddedServer> {
    const folder = mkdtempSync(join(tmpdir(), 'login-policy-postgres-'));
    const parts = { folder, port: await freePort(), durability: this.#durability } as const;
    const identity = await identityFor(folder);
    const data = join(folder, 'data');
    const client = new Client({ connectionString: this.url });
    await client.connect();
    try {
      await client.query(`SELECT pg_backup_start('${name}', true)`);
      await run('cp', ['-a', join(this.#folder, 'data'), data]);
      const { rows } = await client.query<{ labelfile: string }>('SELECT * FROM pg_backup_stop(false)');
      writeAs(identity, join(data, 'backup_label'), rows[0]?.labelfile ?? '');
    } finally {
      await client.end();
    }
    await run('rm', [join(data, 'postmaster.pid')]);
    writeAs(identity, join(data, 'standby.signal'), '');
    const { port, hostname } = new URL(this.url);
    const conninfo = `host=${hostname} port=${port} user=postgres application_name=${name}`;
    appendFileSync(join(data, 'postgresql.auto.conf'), `\nprimary_conninfo = '${conninfo}'\n`);
    const standby = new EmbeddedServer({ ...parts, identity, binaries: await binariesFor(folder, identity) });
    await standby.restart();
    return standby;
  }

  /** Makes a standby a primary, and waits until it is. */
  async promote(): Promise<void> {
    await this.ask('SELECT pg_promote(true)');
  }

  /** Has settings hold from now on. */
  async set(settings: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, value] of Object.entries(settings)) await this.ask(`ALTER SYSTEM SET ${name} = '${value}'`);
    await this.ask('SELECT pg_reload_conf()');
  }

  /** Asks one statement, on a connection of its own. */
  async ask(statement: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const client = new Client({ connectionString: this.url });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(statement)).rows;
    } finally {
      await client.end();
    }
  }

  /** Ends the server as `pg_ctl stop -m fast` does: connections are ended, what they committed is kept. */
  async stop(): Promise<void> {
    const pid = this.#pid();
    process.kill(pid, 'SIGINT');
    await eventually('the end of the server', async () => !isAlive(pid));
  }

  /** Ends all of the server at once, without a chance to tidy up. */
  async kill(): Promise<void> {
    // Stopped, it begins no process any more: one that outlived it would keep the memory that the next server wants.
    const pids = await this.#stopped();
    for (const one of pids) endProcess(one);
    await eventually('the end of the server', async () => !pids.some(isAlive));
  }

  /** Stops all of the server where it is, until what this answers with is called. */
  async freeze(): Promise<() => Promise<void>> {
    const pids = await this.#stopped();
    const signal = (name: 'SIGSTOP' | 'SIGCONT'): void => {
      for (const one of pids) if (isAlive(one)) process.kill(one, name);
    };
    signal('SIGSTOP');
    return async () => signal('SIGCONT');
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

  /** Stops the process that begins the others; answers with the ids of all of them. */
  async #stopped(): Promise<readonly number[]> {
    const pid = this.#pid();
    process.kill(pid, 'SIGSTOP');
    const { stdout } = await run('pgrep', ['-P', String(pid)]);
    return [pid, ...stdout.trim().split('\n').map(Number)];
  }

  #pid(): number {
    return Number(readFileSync(join(this.#folder, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
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

/** Writes a file that is the server's. */
function writeAs({ uid, gid }: Identity, path: string, text: string): void {
  writeFileSync(path, text);
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}
