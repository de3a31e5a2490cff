import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { EXIT } from '@login-policy/cli';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Place } from './running.js';

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
let place: Place;

beforeEach(async () => {
  place = await Place.make();
});
afterEach(() => place.remove());

describe('the program', () => {
  it('says its version, and every exit code leaves it', async () => {
    const manifest: { version: string } = JSON.parse(
      await readFile(new URL('../package.json', import.meta.url), 'utf8'),
    );
    const version = spawn(process.execPath, [program, '--version'], { stdio: ['ignore', 'pipe', 'inherit'] });
    expect(await text(version.stdout)).to.equal(`${manifest.version}\n`);
    const wrong = spawn(process.execPath, [program, 'histroy'], { stdio: ['ignore', 'ignore', 'pipe'] });
    const [said, [code]] = await Promise.all([text(wrong.stderr), once(wrong, 'exit')]);
    expect([said, code]).to.deep.equal(['"histroy" is not a command. Did you mean history?\n', EXIT.usage]);
  });

  it('is quiet when the reader of its output stops', async () => {
    await place.seed();
    const shell = `"${process.execPath}" "${program}" reference | head -c 1; echo "\${PIPESTATUS[0]}"`;
    const piped = spawn('bash', ['-c', shell], { cwd: place.folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const [out, err] = await Promise.all([text(piped.stdout), text(piped.stderr)]);
    expect([out, err]).to.deep.equal(['#0\n', '']);
  });

  it('says nothing of what Node thinks of its own SQLite, and paints nothing for a pipe', async () => {
    await place.seed();
    const child = spawn(process.execPath, [program, 'policy', '--store', 'sqlite:iam.db'], { cwd: place.folder });
    child.stdin.end();
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    expect(out).to.contain('Default policy of instance iam').and.not.to.contain('\u001b');
    expect(err).to.equal('');
  });

  it('ends a full disk with a sentence, and leaves no half of a file', async () => {
    await place.seed();
    const { code, err } = await place.run('export --out /dev/full/policies.yaml');
    expect(code).to.equal(EXIT.output);
    expect(err).to.contain("/dev/full/policies.yaml can't be written: ENOTDIR. What was there is as it was.");
  });
});
