import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { call, signIn, trySignIn, type Answered } from './client.js';
import { TestBench } from './running-server.js';
import { inFlight, slowDownOwner } from './slow-password.js';
import { eventually } from './waiting.js';

const SESSION = '/iam/v1/session';

describe('many sign-ins in flight', () => {
  const bench = new TestBench();
  afterEach(() => bench.clear());

  it('with invented names from one address do not affect users at another', async () => {
    const { server, quickstart } = await bench.serve({ IAM_BEHIND_PROXY: 'yes', IAM_LOG: 'error' });
    const from = (network: string, body: object): Promise<Answered> =>
      call(server.url, SESSION, { verb: 'POST', headers: { 'x-forwarded-for': network }, body });
    const [statuses, isOver] = [new Set<number>(), new AbortController()];
    const guesses = Array.from({ length: 200 }, async (_, guesser) => {
      for (let guess = 0; !isOver.signal.aborted; guess++)
        statuses.add((await from('203.0.113.9', { name: `made up ${guesser} ${guess}`, password: 'x' })).status);
    });
    await eventually('a guess that is refused', () => statuses.has(429) || undefined);
    const ofOwner: number[] = [];
    for (let time = 0; time < 5; time++) ofOwner.push((await from('198.51.100.2', quickstart.users.owner)).status);
    isOver.abort();
    await Promise.all(guesses);
    expect(ofOwner).to.deep.equal([200, 200, 200, 200, 200]);
    expect(statuses).to.deep.equal(new Set([401, 429]));
  });

  it('do not delay reads of sessions', async () => {
    const { server, quickstart } = await bench.serve();
    const viewer = await signIn(quickstart, 'viewer');
    await slowDownOwner(server, quickstart, 150);
    const { name, password } = quickstart.users.owner;
    let verified = 0;
    const signIns = Array.from({ length: 4 }, async () => {
      await trySignIn(server.url, name, password);
      verified++;
    });
    await inFlight(4, quickstart);
    for (let request = 0; request < 5; request++)
      expect((await call(server.url, SESSION, { headers: viewer })).status).to.equal(200);
    expect(verified, 'passwords verified meanwhile').to.equal(0);
    await Promise.all(signIns);
  });
});
