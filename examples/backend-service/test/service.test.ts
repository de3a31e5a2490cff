import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { run, sequencesIn } from './run.js';

describe('the example service', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'backend-service-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('removes the multi-factor from the instance and shows the reads of the policy', async () => {
    const { code, said, complained } = await run(folder);
    // Some Nodes of 24 call their SQLite an experiment; we silence nothing of Node's.
    const ours = complained.replace(/^\(node:.*ExperimentalWarning: SQLite .*\n\(Use `node --trace-warnings .*\n/m, '');
    expect({ code, ours }).to.deep.equal({ code: 0, ours: '' });
    expect(sequencesIn(said), 'on manipulation, on read, and before').to.deep.equal(['5', '5', '4']);
    expect(said).to.include('affected, because they are on the default: acme');
    expect(said).to.include('not affected, because they have a custom policy: globex');
    expect(said).to.match(
      /factor-not-on-policy: U2F_WITH_VERIFICATION is not on the default login policy .*\(sequence 5\)/,
    );
    expect(said).to.match(/MultiFactorRemoved by 177853428519632899: "security advisory 2026-17"/);
  });

  it('continues when it is run again on the same file', async () => {
    await run(folder);
    const { code, said } = await run(folder);
    expect(code).to.equal(0);
    expect(said).to.include('was found');
    expect(sequencesIn(said)).to.deep.equal(['7', '7', '6']);
  });

  it('also runs in memory', async () => {
    const { code, said } = await run(folder, 'memory:');
    expect(code).to.equal(0);
    expect(sequencesIn(said)).to.deep.equal(['5', '5', '4']);
  });

  it('names the malformed variable, and shows no password', async () => {
    const { code, complained } = await run(folder, 'mysql://root:secret@localhost');
    expect(code).to.equal(1);
    expect(complained).to.match(/^LOGIN_POLICY_STORE must be memory:/);
    for (const url of ['postgres:/me:secret@127.0.0.1', 'postgres://me:sec/ret@127.0.0.1:1/none?password=secret']) {
      const { said: shown, complained: told } = await run(folder, url);
      expect(shown + told).not.to.match(/sec\/?ret/);
    }
    const away = await run(folder, 'postgres://me:secret@127.0.0.1:1/none');
    expect(away.code, 'starting again may help').to.equal(75);
    expect(away.said + away.complained)
      .to.match(/not available/)
      .and.not.to.include('secret');
  });
});
