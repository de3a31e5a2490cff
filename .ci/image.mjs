/**
 * Makes the file system of the image as examples/iam-server/deploy/Dockerfile does, of Node and the packed packages and nothing
 * else, and runs the server in it: as another user, with a root that it can't write to, until SIGTERM. `node .ci/image.mjs`.
 *
 * Another user and a read-only root need Linux, root and `unshare`. Elsewhere the server runs from the same files without,
 * and that is said.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { root } from './workspace.mjs';

const most = { addedMegabytes: 60, startMs: 60_000 };
const user = '1000:1000';
const main = '/app/node_modules/@login-policy/iam-server/dist/main.js';
const place = mkdtempSync(join(tmpdir(), 'image-'));
const image = join(place, 'root');
const mounting = `mount --make-rprivate /; mount --bind /tmp /tmp; mount -o remount,bind,ro /tmp; mount -t tmpfs tmpfs /tmp`;
const canEnter =
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['--mount', 'sh', '-euc', `${mounting}; mount -t proc proc /proc`]).status === 0;
try {
  execFileSync(process.execPath, [join(root, '.ci', 'pack.mjs'), '--out', join(place, 'packages')], {
    stdio: 'ignore',
  });
  execFileSync(process.execPath, [join(root, '.ci', 'app.mjs'), join(place, 'packages'), join(image, 'app')], {
    stdio: 'ignore',
  });
  const [bytes] = execFileSync('du', ['-sb', join(image, 'app')], { encoding: 'utf8' }).split('\t');
  const added = Number(bytes) / 1e6;
  demand(added <= most.addedMegabytes, `it adds ${added.toFixed(0)} MB to its base`);
  console.log(`The image adds ${added.toFixed(1)} MB to its base (at most ${most.addedMegabytes}).`);
  await runServer();
} finally {
  rmSync(place, { recursive: true, force: true, maxRetries: 5 });
}

async function runServer() {
  const child = canEnter ? spawnInside() : spawnBeside();
  const ended = once(child, 'close');
  let said = '';
  const listen = (chunk) => (said += chunk);
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  try {
    const token = await eventually(
      child,
      () => /the owner's token +(\S+)/.exec(said)?.[1],
      () => said,
    );
    const url = /its API +(\S+)/.exec(said)?.[1];
    const ask = (path, options) => fetch(url + path, { headers: { authorization: `Bearer ${token}` }, ...options });
    demand((await ask('/debug/ready')).ok, 'it is not ready');
    demand((await (await ask('/')).text()).includes('<script'), 'there is no page');
    const factor = '/admin/v1/policies/login/multi_factors/MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION';
    demand((await ask(factor, { method: 'DELETE' })).ok, 'no change is recorded');
    if (canEnter) await refusedWrites(child.pid);
    child.kill('SIGTERM');
    const [code] = await ended;
    demand(code === 0, `SIGTERM ended it with ${code}: ${said}`);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
  console.log(
    canEnter
      ? `The server runs in it as ${user} with a read-only root, records a change, and ends by SIGTERM.`
      : 'The server runs from its files. Not tried here: another user and a read-only root, which need Linux, root and unshare.',
  );
}

/** As the container does: the process becomes the server, so that it is the one that gets signals. */
function spawnInside() {
  for (const folder of ['data', 'dev', 'proc', 'tmp', 'etc']) mkdirSync(join(image, folder), { recursive: true });
  const native = readdirSync(join(image, 'app'), { recursive: true }).filter((file) => file.endsWith('.node'));
  const programs = [process.execPath, ...native.map((file) => join(image, 'app', file))];
  const libraries = programs.flatMap((file) =>
    execFileSync('ldd', [file], { encoding: 'utf8' }).match(/\/\S+(?= \()/g),
  );
  for (const file of libraries) {
    mkdirSync(join(image, dirname(file)), { recursive: true });
    copyFileSync(file, join(image, file));
  }
  copyFileSync(process.execPath, join(image, 'node'));
  chmodSync(image, 0o755);
  chmodSync(place, 0o755);
  const mounts = [
    `mount --make-rprivate /`,
    `mount --bind ${image} ${image}`,
    `mount -t proc proc ${image}/proc`,
    `mount -t tmpfs -o uid=1000,gid=1000,mode=700 tmpfs ${image}/data`,
    `touch ${image}/dev/null ${image}/dev/urandom`,
    `mount --bind /dev/null ${image}/dev/null && mount --bind /dev/urandom ${image}/dev/urandom`,
    `mount -o remount,bind,ro ${image}`,
    `exec chroot --userspec=${user} ${image} /node ${main}`,
  ];
  const env = { PATH: process.env.PATH, NODE_ENV: 'production', PORT: '0', IAM_DATA: '/data', HOME: '/data' };
  return spawn('unshare', ['--mount', 'sh', '-euc', mounts.join('\n')], { cwd: '/', env });
}

function spawnBeside() {
  const env = { PATH: process.env.PATH, NODE_ENV: 'production', PORT: '0', IAM_DATA: join(place, 'data') };
  return spawn(process.execPath, [join(image, main)], { cwd: place, env });
}

/** Who it is, and that it can't write to where the program is. */
async function refusedWrites(pid) {
  const status = execFileSync('cat', [`/proc/${pid}/status`], { encoding: 'utf8' });
  demand(/^Uid:\t1000\t1000/m.test(status), 'it runs as another user than it should');
  const inside = (command) => spawnSync('nsenter', ['--target', String(pid), '--mount', 'sh', '-c', command]).status;
  demand(existsSync(`/proc/${pid}/root/app`), 'it runs in another root');
  demand(inside(`touch ${image}/data/written`) === 0, 'its data can not be written to');
  demand(inside(`touch ${image}/app/written`) !== 0, 'its root can be written to');
}

async function eventually(child, look, said) {
  for (const until = performance.now() + most.startMs; performance.now() < until; await pause(50)) {
    const found = look();
    if (found !== undefined) return found;
    demand(child.exitCode === null, `it ended: ${said()}`);
  }
  throw new Error(`The image is not right: it did not start: ${said()}`);
}

function demand(isSo, problem) {
  if (!isSo) throw new Error(`The image is not right: ${problem}.`);
}
