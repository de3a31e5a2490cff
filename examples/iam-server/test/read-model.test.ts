import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { bearer, call, json } from './client.js';
import { TestBench, type Quickstart } from './running-server.js';

describe('how far the read model lags', () => {
  const bench = new TestBench();
  let quickstart: Quickstart;
  before(async () => {
    ({ quickstart } = await bench.serve());
  });
  after(() => bench.clear());

  it('is answered to those who read policies, and to nobody else', async () => {
    const path = '/iam/v1/read-model';
    const answer = await call(quickstart.url, path, { headers: bearer(quickstart.tokens.viewer) });
    expect(json(answer)).to.deep.equal({ state: 'following', events: 0, seconds: 0 });
    expect((await call(quickstart.url, path)).status).to.equal(401);
  });
});
