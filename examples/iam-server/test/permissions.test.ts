import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { bearer, call, json, sentence, signIn, type Answered, type PolicyRead } from './client.js';
import { TestBench, type Quickstart, type Server } from './running-server.js';

const FACTORS = '/admin/v1/policies/login/multi_factors';
const PASSKEY = 'MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION';

describe('the permissions of a caller', () => {
  const bench = new TestBench();
  let server: Server;
  let quickstart: Quickstart;
  let url: string;
  before(async () => {
    ({ server, quickstart } = await bench.serve());
    url = quickstart.url;
  });
  after(() => bench.clear());

  type Headers = Readonly<Record<string, string>>;
  const remove = (headers: Headers): Promise<Answered> =>
    call(url, `${FACTORS}/${PASSKEY}`, { verb: 'DELETE', headers });
  const add = (headers: Headers): Promise<Answered> =>
    call(url, FACTORS, { verb: 'POST', headers, body: { type: PASSKEY } });

  it('lets an owner change the policy and a viewer only read it, by session and by token', async () => {
    for (const headers of [await signIn(quickstart, 'viewer'), bearer(quickstart.tokens.viewer)]) {
      expect((await call(url, '/admin/v1/policies/login', { headers })).status).to.equal(200);
      const refused = await remove(headers);
      expect(refused.status).to.equal(403);
      expect(sentence(refused)).to.include('iam.policy.write');
    }
    for (const headers of [await signIn(quickstart, 'owner'), bearer(quickstart.tokens.owner)]) {
      expect((await remove(headers)).status).to.equal(200);
      expect((await add(headers)).status).to.equal(200);
    }
    const history = json<{ readonly entries: readonly { readonly actor: string }[] }>(
      await call(url, '/admin/v1/policies/login/history', { headers: bearer(quickstart.tokens.viewer) }),
    );
    const actors = history.entries.slice(-4).map(({ actor }) => actor);
    expect(actors).to.deep.equal(['owner', 'owner', 'owner-machine', 'owner-machine']);
  });

  it('knows exactly the organizations of the directory, and which of them have a custom policy', async () => {
    const headers = await signIn(quickstart, 'owner');
    const [acme, globex] = quickstart.organizationIds;
    expect(json(await call(url, '/iam/v1/organizations', { headers }))).to.deep.equal({
      organizations: [
        { id: acme, name: 'Acme' },
        { id: globex, name: 'Globex' },
      ],
    });
    const custom = { allowUsernamePassword: true, passwordlessType: 'PASSWORDLESS_TYPE_ALLOWED' };
    const of = (organization: string): Headers => ({ ...headers, 'x-zitadel-orgid': organization });
    const policy = '/management/v1/policies/login';
    expect((await call(url, policy, { verb: 'POST', headers: of(globex), body: custom })).status).to.equal(200);
    expect(json(await call(url, '/iam/v1/customized', { headers }))).to.deep.equal({ organizationIds: [globex] });
    expect(json<PolicyRead>(await call(url, policy, { headers: of(acme) })).isDefault).to.equal(true);
    expect((await call(url, policy, { headers: of('made-up') })).status).to.equal(403);
  });

  it('requires a session or a token', async () => {
    const forged = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"owner"}').toString('base64url')}.`;
    const attempts: readonly Headers[] = [
      {},
      bearer('x'.repeat(43)),
      bearer(forged),
      { cookie: `session=${forged}` },
      { cookie: `session-${Buffer.from(quickstart.instanceId).toString('base64url')}=${'x'.repeat(43)}` },
    ];
    for (const headers of attempts) {
      for (const path of [
        '/admin/v1/policies/login',
        '/iam/v1/organizations',
        '/iam/v1/customized',
        '/iam/v1/changes',
      ]) {
        expect((await call(url, path, { headers })).status, path).to.equal(401);
      }
    }
  });

  it('is given to nobody who sends two tokens', async () => {
    const { port } = new URL(url);
    for (const path of ['/admin/v1/policies/login', '/iam/v1/organizations']) {
      const [owner, none] = [quickstart.tokens.owner, 'x'.repeat(43)].map(
        (token) => `authorization: Bearer ${token}\r\n`,
      );
      const socket = connect(Number(port), '127.0.0.1');
      socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n${owner}${none}\r\n`);
      expect(await text(socket), path).to.match(/^HTTP\/1.1 401 /);
    }
  });

  it('accepts a change by cookie only from its own page', async () => {
    const { cookie } = await signIn(quickstart, 'owner');
    const foreign: readonly Headers[] = [
      { cookie },
      { cookie, 'sec-fetch-site': 'cross-site' },
      { cookie, 'sec-fetch-site': 'same-site', origin: url },
      { cookie, origin: 'https://evil.example' },
      { cookie, origin: 'null' },
    ];
    for (const headers of foreign) expect((await remove(headers)).status, JSON.stringify(headers)).to.equal(403);
    const refused = await remove({ cookie, 'x-request-id': 'forged-1' });
    expect(sentence(refused)).to.match(/only the page of this server/);
    expect(refused.headers['x-request-id']).to.equal('forged-1');
    const told = server.lines.find(({ requestId }) => requestId === 'forged-1');
    expect(told).to.include({ level: 'warn', status: 403, refusal: 'IAM-ORIGIN-01' });
    expect((await remove({ cookie, origin: url })).status).to.equal(200);
    expect((await add({ cookie, 'sec-fetch-site': 'same-origin' })).status).to.equal(200);
    expect((await call(url, '/iam/v1/session', { verb: 'DELETE', headers: { cookie } })).status).to.equal(403);
  });

  it('never uses the cookie if the bearer token is invalid', async () => {
    const { cookie } = await signIn(quickstart, 'owner');
    expect((await remove({ cookie, ...bearer('x'.repeat(43)) })).status).to.equal(401);
  });

  it('logs no anonymous request as an error', async () => {
    const headers = { 'content-type': 'application/json', 'x-request-id': 'not-served' };
    const path = '/zitadel.management.v1.ManagementService/AddOrgMember';
    expect((await call(url, path, { verb: 'POST', headers, body: {} })).status).to.equal(501);
    expect(server.lines.find(({ requestId }) => requestId === 'not-served')).to.include({ level: 'info', status: 501 });
    expect(server.errors).to.deep.equal([]);
  });

  it('does not let pages of other sites sign a browser in', async () => {
    const body = quickstart.users.viewer;
    const headers = { origin: 'https://evil.example' };
    expect((await call(url, '/iam/v1/session', { verb: 'POST', headers, body })).status).to.equal(403);
  });
});
