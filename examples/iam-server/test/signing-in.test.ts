import { once } from 'node:events';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { call, cookieIn, json, send, sentence, signIn, trySignIn } from './client.js';
import { TestBench } from './running-server.js';
import { eventually } from './waiting.js';

interface SignedIn {
  readonly user: { readonly permissions: readonly string[] };
  readonly instance: object;
  readonly expiresAt: string;
}

const SESSION = '/iam/v1/session';

describe('signing in', () => {
  const bench = new TestBench();
  afterEach(() => bench.clear());

  it('answers who is signed in, with a cookie that no script and no other site gets at', async () => {
    const { quickstart } = await bench.serve();
    const { url, users, instanceId } = quickstart;
    const answer = await trySignIn(url, users.owner.name, users.owner.password);
    expect(answer.status).to.equal(200);
    expect(cookieIn(answer)).to.match(/^session=[\w.-]+; Max-Age=28800; HttpOnly; SameSite=Strict; Path=\/$/);
    const { user, instance, expiresAt } = json<SignedIn>(answer);
    expect(user).to.include({ name: 'owner', role: 'IAM_OWNER' });
    expect(user.permissions).to.include.members(['iam.policy.read', 'iam.policy.write', 'policy.delete']);
    expect(instance).to.deep.equal({ id: instanceId, name: 'Example IAM' });
    expect(Date.parse(expiresAt)).to.be.greaterThan(Date.now());
    const [cookie = ''] = cookieIn(answer).split(';');
    expect(json(await call(url, SESSION, { headers: { cookie } }))).to.deep.equal(json(answer));
  });

  it('is refused with the same sentence for a wrong password and a name nobody has', async () => {
    const { url } = (await bench.serve()).quickstart;
    const wrong = await trySignIn(url, 'owner', 'not it');
    const unknown = await trySignIn(url, 'nobody', 'not it');
    expect([wrong.status, unknown.status]).to.deep.equal([401, 401]);
    expect(sentence(wrong)).to.equal('The name or the password is not right.');
    expect(wrong.bytes).to.deep.equal(unknown.bytes);
    expect((await call(url, SESSION)).status).to.equal(204);
  });

  it('slows down after five wrong passwords in a row, also when they come at once, and lets the right one in later', async () => {
    const { quickstart } = await bench.serve();
    const { url, users } = quickstart;
    const statuses: number[] = [];
    while (statuses.length < 5) statuses.push((await trySignIn(url, 'owner', `guess ${statuses.length}`)).status);
    expect(statuses).to.deep.equal([401, 401, 401, 401, 401]);
    const slowed = await trySignIn(url, 'owner', users.owner.password);
    expect(slowed.status).to.equal(429);
    expect(Number(slowed.headers['retry-after'])).to.be.within(1, 60);
    expect(sentence(slowed)).to.match(/^There were too many tries to sign in\. Try again in \d+ s\.$/);
    expect((await trySignIn(url, 'viewer', users.viewer.password)).status, 'others are not held up').to.equal(200);
    await eventually('being let in', async () => {
      const answer = await trySignIn(url, 'owner', users.owner.password);
      return answer.status === 200 || undefined;
    });
    const atOnce = await Promise.all(Array.from({ length: 30 }, () => trySignIn(url, 'mallory', 'guess')));
    expect(atOnce.filter(({ status }) => status === 401)).to.have.lengthOf.at.most(5);
  });

  it('takes nothing but a small JSON object with name and password', async () => {
    const { url } = (await bench.serve()).quickstart;
    const post = (body: unknown, headers = {}): ReturnType<typeof call> =>
      call(url, SESSION, { verb: 'POST', body, headers });
    expect((await post({ name: 'owner' })).status).to.equal(400);
    expect((await post({ name: 'owner', password: 'x', role: 'IAM_OWNER' })).status).to.equal(400);
    expect((await post('owner')).status).to.equal(400);
    expect((await post({ name: 'owner', password: 'x'.repeat(100_000) })).status).to.equal(413);
    expect((await post({}, { 'content-type': 'text/plain' })).status).to.equal(415);
    expect((await call(url, SESSION, { verb: 'PATCH' })).headers.allow).to.equal('GET, POST, DELETE');
  });

  it('is no failure of the server when a client goes away in the middle', async () => {
    const { server, quickstart } = await bench.serve();
    const headers = { 'content-type': 'application/json', 'content-length': '100', expect: '100-continue' };
    const sent = send(quickstart.url, SESSION, { verb: 'POST', headers });
    const begun = once(sent, 'continue');
    sent.write('{"name": ');
    await begun;
    const gone = once(sent, 'error');
    sent.destroy(new Error('the client goes away'));
    await gone;
    expect((await call(quickstart.url, SESSION)).status).to.equal(204);
    expect(await server.stop()).to.include({ code: 0, complained: '' });
  });
});

describe('signing out', () => {
  const bench = new TestBench();
  afterEach(() => bench.clear());

  it('kills the token for good, also for the API and after a restart', async () => {
    const { server, quickstart } = await bench.serve();
    const left = await signIn(quickstart, 'owner');
    const kept = await signIn(quickstart, 'owner');
    const out = await call(quickstart.url, SESSION, { verb: 'DELETE', headers: left });
    expect(out.status).to.equal(204);
    expect(cookieIn(out)).to.match(/^session=; Max-Age=0;/);
    await server.stop();
    const url = await bench.start(server.folder).url();
    expect((await call(url, SESSION, { headers: left })).status).to.equal(204);
    for (const path of ['/admin/v1/policies/login', '/iam/v1/organizations', '/iam/v1/changes']) {
      expect((await call(url, path, { headers: left })).status, path).to.equal(401);
    }
    expect((await call(url, SESSION, { headers: kept })).status, 'the other session').to.equal(200);
  });

  it('counts for a server that shares the folder at once', async () => {
    const { server, quickstart } = await bench.serve();
    const other = await bench.start(server.folder).url();
    const headers = await signIn(quickstart, 'viewer');
    expect((await call(other, SESSION, { headers })).status).to.equal(200);
    await call(quickstart.url, SESSION, { verb: 'DELETE', headers });
    expect((await call(other, SESSION, { headers })).status).to.equal(204);
  });

  it('is what a new sign-in on the same page does to the session before', async () => {
    const { quickstart } = await bench.serve();
    const first = await signIn(quickstart, 'viewer');
    const body = quickstart.users.owner;
    await call(quickstart.url, SESSION, { verb: 'POST', headers: first, body });
    expect((await call(quickstart.url, SESSION, { headers: first })).status).to.equal(204);
  });
});
