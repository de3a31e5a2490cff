import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { tables } from './hostile/tables.js';

const run = fileURLToPath(new URL('hostile/calls-process.js', import.meta.url));

describe('each function of an entry answers hostile arguments, or refuses them with an error of ours', () => {
  for (const entry of Object.keys(tables))
    it(entry, async () => {
      const { stdout } = await promisify(execFile)(process.execPath, [run, entry]);
      expect(stdout.split('\n').filter((line) => line !== '')).to.deep.equal([]);
    });
});
