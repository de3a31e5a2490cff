import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { open, readdir, readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { EXIT } from '@login-policy/cli';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { FILE, plannedIn } from './planning.js';
import { Place } from './running.js';
import { TOKEN } from './serving.js';

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
let place: Place;

beforeEach(async () => {
  place = await Place.make();
});
afterEach(() => place.remove());

/** Runs a line of bash in the folder. */
async function inShell(line: string, env: object = {}): Promise<{ readonly code: unknown; readonly err: string }> {
  const child = spawn('bash', ['-c', line], {
    cwd: place.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE: process.execPath, PROGRAM: program, ...env },
  });
  const [err, [code]] = await Promise.all([text(child.stderr), once(child, 'exit'), text(child.stdout)]);
  return { code, err };
}

describe('the program', () => {
  it('prints its version, and exits with every exit code', async () => {
    const manifest: { version: string } = JSON.parse(
      await readFile(new URL('../package.json', import.meta.url), 'utf8'),
    );
    const version = spawn(process.execPath, [program, '--version'], { stdio: ['ignore', 'pipe', 'inherit'] });
    expect(await text(version.stdout)).to.equal(`${manifest.version}\n`);
    const wrong = spawn(process.execPath, [program, 'histroy'], { stdio: ['ignore', 'ignore', 'pipe'] });
    const [said, [code]] = await Promise.all([text(wrong.stderr), once(wrong, 'exit')]);
    expect([said, code]).to.deep.equal(['"histroy" is not a command. Did you mean history?\n', EXIT.usage]);
  });

  it('exits with the code of what it found, even when nobody reads it', async () => {
    await place.seed();
    await place.write('policies.yaml', FILE);
    const { code, err } = await inShell(
      '"$NODE" "$PROGRAM" drift policies.yaml --store sqlite:iam.db | true; exit "${PIPESTATUS[0]}"',
    );
    expect([code, err]).to.deep.equal([EXIT.different, '']);
  });

  it('ends silently when the reader of its output closes the pipe', async () => {
    await place.seed();
    const shell = `"${process.execPath}" "${program}" reference | head -c 1; echo "\${PIPESTATUS[0]}"`;
    const piped = spawn('bash', ['-c', shell], { cwd: place.folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const [out, err] = await Promise.all([text(piped.stdout), text(piped.stderr)]);
    expect([out, err]).to.deep.equal(['#0\n', '']);
  });

  it('carries out the whole plan when its output is closed or can’t be written, and exits with the code of either', async () => {
    const store = 'LOGIN_POLICY_STORE=sqlite:iam.db LOGIN_POLICY_ACTOR=operator';
    for (const [end, code] of [
      ['| true; exit "${PIPESTATUS[0]}"', EXIT.done],
      ['> /dev/full', EXIT.output],
    ] as const) {
      await place.remove();
      place = await Place.make();
      await place.seed();
      await plannedIn(place, FILE);
      expect((await inShell(`${store} "$NODE" "$PROGRAM" apply plan.json --yes ${end}`)).code, end).to.equal(code);
      expect((await place.run('drift policies.yaml')).out, end).to.equal('All policies match the file.\n');
    }
  });

  it('prints JSON for a program even when a second signal stops it at once', async () => {
    const silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    try {
      await once(silent, 'listening');
      const address = silent.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      const words = ['status', '--json', '--store', `postgres://iam@127.0.0.1:${port}/iam`];
      const child = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
      const [out, exit] = [text(child.stdout), once(child, 'exit')];
      await once(silent, 'connection');
      child.kill('SIGINT');
      await once(child.stderr, 'data');
      child.kill('SIGTERM');
      expect(await exit).to.deep.equal([EXIT.interrupted, null]);
      const error = { exitCode: EXIT.interrupted, message: 'Interrupted.' };
      expect(JSON.parse(await out)).to.deep.equal({ error });
    } finally {
      silent.close();
    }
  });

  it('refuses an argument that is not UTF-8, in which an id would change', async () => {
    await place.seed();
    const { code, err } = await inShell(`"$NODE" "$PROGRAM" customize $'z\\xfcrich' --yes --store sqlite:iam.db`);
    expect([code, err]).to.deep.equal([EXIT.usage, 'Every argument must be text in UTF-8.\n']);
  });

  it('refuses a file without an end', async () => {
    const { code, err } = await inShell('"$NODE" "$PROGRAM" plan /dev/zero --store sqlite:iam.db');
    expect([code, err]).to.deep.equal([EXIT.data, 'The file /dev/zero is larger than 256 MB.\n']);
  });

  it('can be interrupted while it waits for a pipe', async () => {
    await inShell('mkfifo policies');
    const words = ['plan', 'policies', '--json', '--store', 'sqlite:iam.db'];
    const child = spawn(process.execPath, [program, ...words], {
      cwd: place.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [out, exit] = [text(child.stdout), once(child, 'exit')];
    child.stderr.resume();
    // Opened once the program has opened it, too.
    const writing = await open(place.path('policies'), 'w');
    child.kill('SIGTERM');
    // A shell says 130.
    expect(await exit).to.deep.equal([null, 'SIGINT']);
    await writing.close();
    expect(JSON.parse(await out)).to.have.nested.property('error.exitCode', EXIT.interrupted);
  });

  it('hides Node’s warning about SQLite, and uses no colours in a pipe', async () => {
    await place.seed();
    const child = spawn(process.execPath, [program, 'policy', '--store', 'sqlite:iam.db'], { cwd: place.folder });
    child.stdin.end();
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    expect(out).to.contain('Default policy of instance iam').and.not.to.contain('\u001b');
    expect(err).to.equal('');
  });

  it('reports a full disk in one sentence', async () => {
    await place.seed();
    const { code, err } = await inShell(`"$NODE" "$PROGRAM" export --store sqlite:iam.db > /dev/full`);
    expect([code, err]).to.deep.equal([
      EXIT.output,
      "The output can't be written: the disk is full. It is incomplete.\n",
    ]);
    const ran = await place.run('export --out /dev/full/policies.yaml');
    expect(ran.code).to.equal(EXIT.output);
    expect(ran.err).to.contain("/dev/full/policies.yaml can't be written: ENOTDIR. The existing file is unchanged.");
  });

  it('writes into a pipe, and does not replace it by a file', async () => {
    await place.seed();
    const { code } = await inShell(
      'mkfifo pipe; (timeout 20 cat pipe > read &); "$NODE" "$PROGRAM" export --out pipe --store sqlite:iam.db && test -p pipe',
    );
    expect(code).to.equal(EXIT.done);
  });

  it('keeps the existing file when the disk is full, and leaves no partial file', async () => {
    await place.seed();
    const { url } = await place.serve();
    await place.write('policies.yaml', 'what was there');
    // Files of this shell can't grow behind 1 KB, and the store is another process's.
    const shell = `ulimit -f 1; "$NODE" "$PROGRAM" export --out policies.yaml --api ${url}`;
    const { code, err } = await inShell(shell, { LOGIN_POLICY_TOKEN: TOKEN });
    expect([code, err]).to.deep.equal([
      EXIT.output,
      "policies.yaml can't be written: EFBIG. The existing file is unchanged.\n",
    ]);
    expect(await place.read('policies.yaml')).to.equal('what was there');
    expect((await readdir(place.folder)).filter((name) => name.includes('policies'))).to.deep.equal(['policies.yaml']);
  });
});
