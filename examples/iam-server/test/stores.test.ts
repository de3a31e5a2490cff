import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { bearer, call, cookieIn, json, signIn, tls, trySignIn, type Changed, type PolicyRead } from './client.js';
import { EventStream } from './event-stream.js';
import { readQuickstart, TestBench } from './running-server.js';
import { StoreServer } from './store-server.js';
import { eventually } from './waiting.js';

const POLICY = '/admin/v1/policies/login';

describe('the server on another store', () => {
  const bench = new TestBench();
  afterEach(() => bench.clear());

  for (const kind of ['PostgreSQL', 'the double of EventStoreDB'] as const) {
    it(`does the same on ${kind}, where two servers see what the other does`, async () => {
      const store = await StoreServer.start(kind);
      try {
        const variables = { IAM_STORE: store.url };
        const { server, quickstart } = await bench.serve(variables);
        const other = await bench.start(server.folder, variables).url();
        const headers = await signIn(quickstart, 'owner');
        const stream = await EventStream.open(quickstart.url, headers);
        const path = `${POLICY}/multi_factors/MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION`;
        const removed = await call(other, path, { verb: 'DELETE', headers });
        expect(json<Changed>(removed).details.sequence).to.equal('5');
        expect((await stream.told('changed')).data.sequence).to.equal('5');
        stream.leave();
        expect((await server.stop()).code).to.equal(0);
        const again = await bench.start(server.folder, variables).url();
        const { policy } = json<PolicyRead>(await call(again, POLICY, { headers }));
        expect(policy).to.not.have.property('multiFactors');
        expect(policy.details.sequence).to.equal('5');
      } finally {
        await bench.clear();
        await store.stop();
      }
    });
  }

  it('says that a database is away, and goes on where it was when it is back, streams and all', async () => {
    const postgres = await StoreServer.start('PostgreSQL');
    try {
      const { server, quickstart } = await bench.serve({ IAM_STORE: postgres.url });
      const { url, tokens } = quickstart;
      const headers = bearer(tokens.owner);
      const stream = await EventStream.open(url, headers);
      await postgres.order('kill');
      expect((await call(url, '/iam/v1/customized', { headers })).status).to.equal(503);
      const session = await call(url, '/iam/v1/session', { headers: await signIn(quickstart, 'viewer') });
      expect(session.status).to.equal(200);
      await postgres.order('restart');
      const path = `${POLICY}/second_factors/SECOND_FACTOR_TYPE_U2F`;
      await eventually('a change that is taken', async () => {
        const { status } = await call(url, path, { verb: 'DELETE', headers });
        return status === 200 || undefined;
      });
      expect((await stream.told('changed')).data.sequence).to.equal('5');
      stream.leave();
      expect((await server.stop()).code).to.equal(0);
    } finally {
      await bench.clear();
      await postgres.stop();
    }
  });

  it('begins anew each time in memory, with the same instance', async () => {
    const { server, quickstart } = await bench.serve({ IAM_STORE: 'memory:' });
    const headers = bearer(quickstart.tokens.owner);
    await call(quickstart.url, `${POLICY}/second_factors/SECOND_FACTOR_TYPE_U2F`, { verb: 'DELETE', headers });
    await server.stop();
    const url = await bench.start(server.folder, { IAM_STORE: 'memory:' }).url();
    expect((await readQuickstart(server.folder)).instanceId).to.equal(quickstart.instanceId);
    expect(json<PolicyRead>(await call(url, POLICY, { headers })).policy.details.sequence).to.equal('4');
  });
});

describe('the server over TLS', () => {
  const bench = new TestBench();
  afterEach(() => bench.clear());

  it('serves the same under https, with a cookie that is never sent without', async () => {
    const { quickstart } = await bench.serve({ IAM_TLS_KEY: tls.keyFile, IAM_TLS_CERT: tls.certFile });
    const { url, users } = quickstart;
    expect(url).to.match(/^https:\/\//);
    const answer = await trySignIn(url, users.viewer.name, users.viewer.password);
    expect(cookieIn(answer)).to.match(/; SameSite=Strict; Path=\/; Secure$/);
    const [cookie = ''] = cookieIn(answer).split(';');
    expect((await call(url, POLICY, { headers: { cookie } })).status).to.equal(200);
  });
});
