import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { bearer, call } from './client.js';
import { readQuickstart, TestBench } from './running-server.js';

interface Facts {
  readonly organizations: readonly [object, object];
  readonly users: readonly [object, object];
}

describe('the files of the server', () => {
  const bench = new TestBench();
  afterEach(() => bench.clear());

  it('says which file is damaged, and leaves it alone', async () => {
    const { server } = await bench.serve();
    await server.stop();
    const file = join(server.folder, '.data', 'iam.json');
    await writeFile(file, '{"instance": {}}');
    const { code, complained } = await bench.start(server.folder).ended();
    expect(code).to.equal(1);
    expect(complained).to.match(/^\.data\/iam\.json \(in IAM_DATA\) is not what this server wrote: .*\.\n$/);
    expect(await readFile(file, 'utf8')).to.equal('{"instance": {}}');
  });

  for (const name of ['iam.json', 'quickstart.json', 'signing-key.json']) {
    it(`says in one sentence that ${name} can not be used`, async () => {
      const folder = await bench.folder();
      await mkdir(join(folder, '.data', name), { recursive: true });
      const { code, complained } = await bench.start(folder).ended();
      expect(code).to.equal(1);
      expect(complained).to.match(/^\.data\/[a-z-]+\.json \(in IAM_DATA\) can't be (read|written) \(EISDIR\)\.\n$/);
      expect(complained).to.include(name);
    });
  }

  it('says what somebody wrote into iam.json that can not be', async () => {
    const { server } = await bench.serve();
    await server.stop();
    const file = join(server.folder, '.data', 'iam.json');
    const facts: Facts = JSON.parse(await readFile(file, 'utf8'));
    const [acme] = facts.organizations;
    const [owner] = facts.users;
    const edits: readonly (readonly [object, RegExp])[] = [
      [{ organizations: [acme, { ...acme, name: 'Other' }] }, /Two have the same id → at organizations/],
      [{ organizations: [{ ...acme, id: 'a\u0007' }] }, /organizations\[0\]\.id/],
      [{ users: [owner, { ...owner, id: 'other' }] }, /Two have the same name → at users/],
      [{ users: [{ ...owner, passwordHash: 'correct horse' }] }, /users\[0\]\.passwordHash/],
    ];
    for (const [edit, sentence] of edits) {
      await writeFile(file, JSON.stringify({ ...facts, ...edit }));
      const { code, complained } = await bench.start(server.folder).ended();
      expect(code).to.equal(1);
      expect(complained).to.match(/^\.data\/iam\.json \(in IAM_DATA\) is not what this server wrote: .*\.\n$/);
      expect(complained).to.match(sentence).and.not.include('correct horse');
    }
  });

  it('loses no secret when the first start comes to nothing', async () => {
    const folder = await bench.folder();
    const key = join(folder, '.data', 'signing-key.json');
    await mkdir(join(folder, '.data'));
    await writeFile(key, '{}');
    const { code, complained } = await bench.start(folder).ended();
    expect(code).to.equal(1);
    expect(complained).to.match(/^\.data\/signing-key\.json \(in IAM_DATA\) is no key of this server/);
    await rm(key);
    const second = bench.start(folder);
    const url = await second.url();
    const { tokens, url: written } = await readQuickstart(folder);
    expect(second.output.said).to.include(tokens.owner);
    expect(written).to.equal(url);
    const read = await call(url, '/admin/v1/policies/login', { headers: bearer(tokens.owner) });
    expect(read.status).to.equal(200);
  });
});
