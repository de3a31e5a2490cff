/**
 * Rehearses a release: `npm run rehearse`. Publishes the packed packages to a registry of its own (verdaccio, from npm), which
 * passes everything else on, and uses them from there in empty folders, as a stranger would: the README's program, the
 * command line and the server by npx. Prints sizes, and the time from nothing to the first recorded event.
 *
 * Not a part of `.ci/run`: it takes a minute, and downloads everything anew.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { root } from './workspace.mjs';

/** 6.10 needs no other Node than we do, but a release of node-fetch that registries lack. */
const verdaccio = { dependencies: { verdaccio: '6.8.0' }, overrides: { 'node-fetch': '2.7.0' } };
const mostSeconds = 15;

const place = mkdtempSync(join(tmpdir(), 'rehearse-'));
const upstream = npm(place, {}, 'config', 'get', 'registry').trim();
const { registry, end } = await openRegistry();
try {
  const env = { ...process.env, npm_config_registry: registry, npm_config_cache: join(place, 'cache') };
  env[`npm_config_//${new URL(registry).host}/:_authToken`] = 'nobody';
  publishAll(env);
  useLibrary(env);
  say(
    'npx @login-policy/cli --help',
    npm(folder('cli'), env, 'exec', '--yes', '--', '@login-policy/cli', '--help').split('\n')[0],
  );
  say(
    'npx @login-policy/iam-server, with nothing in the cache',
    `${(await firstEvent(env)).toFixed(1)} s to the first recorded event`,
  );
  rmSync(join(env.npm_config_cache, '_npx'), { recursive: true });
  const warm = await firstEvent(env);
  say('the same with a warm cache', `${warm.toFixed(1)} s (at most ${mostSeconds})`);
  if (warm > mostSeconds) process.exitCode = 1;
} finally {
  await end();
  rmSync(place, { recursive: true, force: true, maxRetries: 5 });
}

/** A registry on this machine that keeps our packages and passes requests for others on. */
async function openRegistry() {
  const home = folder('registry');
  writeFileSync(join(home, 'package.json'), JSON.stringify({ private: true, ...verdaccio }));
  npm(home, {}, 'install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error');
  const port = await freePort();
  const access = "access: '$all'";
  const lines = [
    `storage: ${join(home, 'storage')}`,
    `uplinks: { npm: { url: '${upstream}', maxage: 60m } }`,
    `packages: { '@login-policy/*': { ${access}, publish: '$all' }, '**': { ${access}, proxy: npm } }`,
    'max_body_size: 100mb',
    'log: { type: stdout, format: pretty, level: error }',
    `listen: '127.0.0.1:${port}'`,
  ];
  writeFileSync(join(home, 'config.yaml'), `${lines.join('\n')}\n`);
  const bin = join(home, 'node_modules', 'verdaccio', 'bin', 'verdaccio');
  const child = spawn(process.execPath, [bin, '--config', join(home, 'config.yaml')], { cwd: home, stdio: 'inherit' });
  const ended = once(child, 'close');
  const address = `http://127.0.0.1:${port}/`;
  for (let tries = 0; tries < 100; tries++) {
    if (
      await fetch(`${address}-/ping`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      break;
    await pause(200);
  }
  const stop = () => {
    child.kill();
    return ended;
  };
  return { registry: address, end: stop };
}

function publishAll(env) {
  const tarballs = folder('tarballs');
  execFileSync(process.execPath, [join(root, '.ci', 'pack.mjs'), '--out', tarballs], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const packed = readdirSync(tarballs);
  for (const file of packed) npm(tarballs, env, 'publish', `./${file}`, '--access', 'public', '--loglevel=error');
  const bytes = packed.map((file) => statSync(join(tarballs, file)).size);
  say(`published ${packed.length} packages`, `${kilobytes(bytes.reduce((sum, one) => sum + one))} as tarballs`);
}

/** The program of the README, with what it prints. */
function useLibrary(env) {
  const home = folder('program');
  writeFileSync(join(home, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  npm(
    home,
    env,
    'install',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    '@login-policy/domain',
    '@login-policy/store-sqlite',
  );
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const [, program, printed] = /```ts run\n(.*?)```.*?```text output\n(.*?)```/s.exec(readme);
  writeFileSync(join(home, 'readme.ts'), program);
  const output = execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', 'readme.ts'], {
    cwd: home,
    encoding: 'utf8',
  });
  if (output !== printed) throw new Error(`the README's program printed\n${output}`);
  const installed = execFileSync('du', ['-sk', 'node_modules'], { cwd: home, encoding: 'utf8' }).split('\t')[0];
  say(
    'npm i @login-policy/domain @login-policy/store-sqlite',
    `${kilobytes(Number(installed) * 1024)} installed; the README's program prints what it should`,
  );
}

/** Starts the server by npx in an empty folder, and removes the multi-factor. Returns the seconds that took. */
async function firstEvent(env) {
  const home = mkdtempSync(join(place, 'server-'));
  const beganAt = performance.now();
  const options = { cwd: home, env: { ...env, PORT: '0' }, stdio: ['ignore', 'pipe', 'pipe'], detached: true };
  const child = spawn('npm', ['exec', '--yes', '--', '@login-policy/iam-server'], options);
  const ended = once(child, 'close');
  let said = '';
  const listen = (chunk) => (said += chunk);
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  try {
    for (;;) {
      const [, url] = /its API +(\S+)/.exec(said) ?? [];
      const [, token] = /the owner's token +(\S+)/.exec(said) ?? [];
      if (url !== undefined && token !== undefined) {
        const path = '/admin/v1/policies/login/multi_factors/MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION';
        const answer = await fetch(url + path, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } });
        if (!answer.ok) throw new Error(await answer.text());
        const page = await fetch(`${url}/`);
        if (!(await page.text()).includes('<script')) throw new Error('there is no page');
        return (performance.now() - beganAt) / 1000;
      }
      if (child.exitCode !== null) throw new Error(`the server ended: ${said}`);
      await pause(20);
    }
  } finally {
    // npx and the server.
    process.kill(-child.pid);
    await ended;
  }
}

function folder(name) {
  const path = join(place, name);
  mkdirSync(path);
  return path;
}

function npm(cwd, env, ...args) {
  return execFileSync('npm', args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(0)} kB`;
}

function say(what, found) {
  console.log(`${what}: ${found}`);
}
