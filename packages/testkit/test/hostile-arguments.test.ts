import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { entries } from './hostile/entries.js';
import { tables, uncalled } from './hostile/tables.js';

const run = fileURLToPath(new URL('hostile/calls-process.js', import.meta.url));

describe('each function of an entry answers hostile arguments, or refuses them with a typed error', () => {
  for (const entry of Object.keys(tables))
    it(entry, async () => {
      // Some of the arguments are good names of files.
      const cwd = await mkdtemp(join(tmpdir(), 'hostile-'));
      const { stdout } = await promisify(execFile)(process.execPath, [run, entry], { cwd });
      await rm(cwd, { recursive: true });
      expect(stdout.split('\n').filter((line) => line !== '')).to.deep.equal([]);
    });

  it('and each published entry has a table, or a reason to have none', async () => {
    const named = [...Object.keys(tables), ...Object.keys(uncalled)];
    expect(named).to.have.members([...(await entries()).keys()]);
  });
});
