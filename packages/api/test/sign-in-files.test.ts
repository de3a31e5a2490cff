import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  mkdirSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openSignInFiles } from '@login-policy/api/sign-in-files';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';

describe('sign-ins recorded in files', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'sign-in-files-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const contents = (): readonly string[] =>
    readdirSync(folder)
      .toSorted()
      .map((name) => readFileSync(join(folder, name), 'utf8'));

  it('are in a new file each day, and each so many bytes, for nobody else to read', () => {
    let now = Date.parse('2026-12-01T23:59:59Z');
    const files = openSignInFiles({ folder, maxBytes: 8, clock: () => now });
    for (const line of ['a\n', 'bb\n', 'cccccccccc\n', 'd\n']) files.write(line);
    now += 1000;
    files.write('e\n');
    files.close();
    expect(contents().toSorted()).to.deep.equal(['a\nbb\n', 'cccccccccc\n', 'd\n', 'e\n']);
    expect(readdirSync(folder).filter((name) => name.startsWith('sign-ins-2026-12-02T00-00-00'))).to.have.length(1);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).to.equal(0o600);
  });

  it('do not exist before the first one, and begin anew where their folder is taken away', () => {
    rmSync(folder, { recursive: true });
    const files = openSignInFiles({ folder });
    expect(files.sources()).to.deep.equal([]);
    files.write('1\n');
    files.close();
    rmSync(folder, { recursive: true });
    files.write('2\n');
    files.close();
    expect(contents()).to.deep.equal(['2\n']);
  });

  it('are read past one that is deleted meanwhile', async () => {
    const files = openSignInFiles({ folder, maxBytes: 1 });
    for (const line of ['1\n', '2\n', '3\n']) files.write(line);
    files.close();
    const sources = files.sources();
    rmSync(join(folder, readdirSync(folder).toSorted()[0] ?? ''));
    const read: string[] = [];
    for (const { text } of sources) for await (const piece of text) read.push(piece);
    expect(read).to.deep.equal(['2\n', '3\n']);
  });

  it('are read from a day on: those of longer ago need not be', () => {
    let now = Date.parse('2026-12-01T12:00:00Z');
    const files = openSignInFiles({ folder, clock: () => now });
    for (let day = 1; day <= 5; day++, now += 86_400_000) files.write(`${day}\n`);
    files.close();
    const since = (instant: string): number => files.sources({ since: new Date(instant) }).length;
    expect(files.sources()).to.have.length(5);
    expect(since('2026-12-05T00:00:00Z'), 'with the day before, by another clock').to.equal(2);
    expect(since('2026-12-04T23:59:59Z')).to.equal(3);
    expect([since('1900-01-01T00:00:00Z'), since('9999-12-31T00:00:00Z')]).to.deep.equal([5, 0]);
    expect(files.sources({ since: new Date(-8.64e15) })).to.have.length(5);
  });

  it('are kept for so many days', () => {
    let now = Date.parse('2026-12-01T12:00:00Z');
    const files = openSignInFiles({ folder, keepDays: 2, clock: () => now });
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    for (let day = 1; day <= 5; day++, now += 86_400_000) files.write(`${day}\n`);
    files.close();
    expect(contents()).to.deep.equal(['mine', '3\n', '4\n', '5\n']);
  });

  it('are read oldest first, also while they are written', async () => {
    let now = Date.parse('2026-12-01T12:00:00Z');
    const files = openSignInFiles({ folder, clock: () => now });
    files.write('1\n');
    now += 86_400_000;
    files.write('2\n');
    const texts: string[] = [];
    for (const { text } of files.sources()) for await (const piece of text) texts.push(piece);
    expect(texts).to.deep.equal(['1\n', '2\n']);
    files.close();
  });

  it('never go on after a torn line, and pause after a failure', () => {
    const files = openSignInFiles({ folder });
    files.write('1\n');
    const [name = ''] = readdirSync(folder);
    truncateSync(join(folder, name), 1);
    rmSync(join(folder, name));
    files.close();
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'in the way');
    expect(() => files.write('2\n')).to.throw('EEXIST');
    expect(() => files.write('3\n')).to.throw('a moment ago');
  });

  it('lose at most the last line of a process that is killed', async () => {
    const program = `
      import { openSignInFiles } from '@login-policy/api/sign-in-files';
      import { signInRecorder } from '@login-policy/domain/backtest';
      const recorder = signInRecorder(openSignInFiles({ folder: process.argv[1], maxBytes: 20_000 }));
      const signIn = { user: { hasPassword: true, factors: [], identityProviders: [] }, session: {}, at: new Date() };
      const answer = { outcome: 'authenticate', options: [], validUntil: undefined };
      process.stdout.write('ready');
      for (let number = 0; ; number++) {
        recorder.record({ owner: { instanceId: '1' }, user: String(number), isAdministrator: false, signIn, answer, eventId: 'e' });
        if (number % 100 === 0) await new Promise((resolve) => process.stdout.write(number + '\\n', resolve));
      }`;
    for (let round = 0; round < 5; round++) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      const child = spawn(process.execPath, ['--input-type=module', '-e', program, folder], {
        cwd: import.meta.dirname,
      });
      const said: string[] = [];
      child.stdout.on('data', (chunk: Buffer) => said.push(chunk.toString()));
      await once(child.stdout, 'data');
      await pause(Math.random() * 50);
      child.kill('SIGKILL');
      await once(child, 'close');
      const lines = contents().join('').split('\n');
      const whole = lines.slice(0, -1);
      expect(whole.map((line) => Number(/"user":"(\d+)"/.exec(line)?.[1]))).to.deep.equal([...whole.keys()]);
      const told = said
        .join('')
        .replace('ready', '')
        .split('\n')
        .filter((text) => text !== '');
      // What was told was recorded before.
      expect(whole.length).to.be.greaterThan(Number(told.at(-1) ?? -1));
    }
  });
});
