import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as otherWork } from 'node:timers/promises';
import { SessionFiles } from '@login-policy/example-iam-server';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';

describe('the file of a session', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'session-files-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is never found empty while it is replaced, because that would sign its user out', async () => {
    const files = new SessionFiles(folder, { ofOneUser: 10, keptMs: 60_000 });
    await files.add('name', 'user', '{"until":"Zürich, and the longest text of all"}');
    for (const text of ['{"until":"Zürich, and a shorter text"}', '{"until":1}'])
      for (let round = 0; round < 30; round++) {
        let isDone = false;
        const replaced = files.replace('name', text).then(() => (isDone = true));
        while (!isDone) {
          expect(JSON.parse(readFileSync(join(folder, 'sessions', 'name'), 'utf8'))).to.have.property('until');
          await otherWork();
        }
        await replaced;
        expect(JSON.parse((await files.read('name')) ?? '')).to.deep.equal(JSON.parse(text));
      }
    await files.remove('name');
    await files.replace('name', '{"until":4}');
    expect(await files.read('name'), 'an ended session stays ended').to.equal(undefined);
  });
});
