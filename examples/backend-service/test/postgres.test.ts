import { tmpdir } from 'node:os';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { run, sequencesIn } from './run.js';
import { withPostgres } from './with-postgres.js';

describe('the example service on PostgreSQL', () => {
  it('does the same as on a file, and continues when it is run again', () =>
    withPostgres(async (url) => {
      const first = await run(tmpdir(), url);
      expect({ code: first.code, complained: first.complained }).to.deep.equal({ code: 0, complained: '' });
      expect(sequencesIn(first.said), 'on manipulation, on read, and before').to.deep.equal(['5', '5', '4']);
      expect(first.said).to.match(/MultiFactorRemoved by 177853428519632899: "security advisory 2026-17"/);
      const again = await run(tmpdir(), url);
      expect(again.said).to.include('was found');
      expect(sequencesIn(again.said)).to.deep.equal(['7', '7', '6']);
    }));
});
