import { once } from 'node:events';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { AccountsFile } from './accounts-file.js';
import { bearer, call, cookieIn, json, send, sentence, signIn, trySignIn } from './client.js';
import { TestBench, type Quickstart, type Server } from './running-server.js';
import { eventually } from './waiting.js';

interface SignedIn {
  readonly user: { readonly permissions: readonly string[] };
  readonly instance: object;
  readonly expiresAt: string;
}

const SESSION = '/iam/v1/session';

describe('signing in', () => {
  const bench = new TestBench();
  let server: Server;
  let quickstart: Quickstart;
  let url: string;
  before(async () => {
    ({ server, quickstart } = await bench.serve({ IAM_BEHIND_PROXY: 'yes' }));
    url = quickstart.url;
  });
  after(() => bench.clear());

  it('returns the user, with an HttpOnly and SameSite cookie', async () => {
    const { users, instanceId } = quickstart;
    const answer = await trySignIn(url, users.owner.name, users.owner.password);
    expect(answer.status).to.equal(200);
    expect(cookieIn(answer)).to.match(/^session-[\w-]+=[\w-]{43}; Max-Age=28800; HttpOnly; SameSite=Strict; Path=\/$/);
    const { user, instance, expiresAt } = json<SignedIn>(answer);
    expect(user).to.include({ name: 'owner', role: 'IAM_OWNER' });
    expect(user.permissions).to.include.members(['iam.policy.read', 'iam.policy.write', 'policy.delete']);
    expect(instance).to.deep.equal({ id: instanceId, name: 'Example IAM' });
    expect(Date.parse(expiresAt)).to.be.greaterThan(Date.now());
    const [cookie = ''] = cookieIn(answer).split(';');
    expect(json(await call(url, SESSION, { headers: { cookie } }))).to.deep.equal(json(answer));
  });

  it('stores a session by the hash of its token, which is not a token', async () => {
    const { cookie } = await signIn(quickstart, 'owner');
    const token = cookie.split('=')[1] ?? '';
    using accounts = new AccountsFile(server);
    const digests = accounts.run('SELECT digest FROM sessions').map(({ digest }) => String(digest));
    expect(digests).not.to.include(token);
    const others = [token.slice(1), `${token}x`, `${token}.x`, "' OR 1 = 1 --", '', ...digests];
    for (const made of others) expect((await call(url, SESSION, { headers: bearer(made) })).status, made).to.equal(204);
    expect((await call(url, SESSION, { headers: bearer(token) })).status).to.equal(200);
  });

  it('is refused with the same message for a wrong password and an unknown name', async () => {
    const wrong = await trySignIn(url, 'owner', 'not it');
    const unknown = await trySignIn(url, 'nobody', 'not it');
    expect([wrong.status, unknown.status]).to.deep.equal([401, 401]);
    expect(sentence(wrong)).to.equal('Incorrect username or password.');
    expect(wrong.bytes).to.deep.equal(unknown.bytes);
    expect((await call(url, SESSION)).status).to.equal(204);
  });

  it('slows down guessing, also concurrent guessing, but no user elsewhere', async () => {
    const from = (network: string, password: string): ReturnType<typeof call> =>
      call(url, SESSION, {
        verb: 'POST',
        headers: { 'x-forwarded-for': `made up, ${network}` },
        body: { name: 'viewer', password },
      });
    const guess = (): ReturnType<typeof from> => from('203.0.113.7', 'guess');
    // On a busy machine the first wait, a second, may be over before the next try arrives.
    const slowed = await eventually('a try that is slowed down', async () => {
      const atOnce = await Promise.all(Array.from({ length: 20 }, guess));
      expect(atOnce.filter(({ status }) => status === 401).length).to.be.within(1, 19);
      const next = await from('203.0.113.7', quickstart.users.viewer.password);
      return next.status === 429 ? next : undefined;
    });
    expect(Number(slowed.headers['retry-after'])).to.be.within(1, 60);
    expect(sentence(slowed)).to.match(/^There were too many tries to sign in\. Try again in \d+ s\.$/);
    expect((await from('198.51.100.1', quickstart.users.viewer.password)).status).to.equal(200);
  });

  it('is logged: each try, with its request id and without the name', async () => {
    const answer = await call(url, SESSION, {
      verb: 'POST',
      headers: { 'x-request-id': 'try-1' },
      body: { name: 'my-password', password: 'x' },
    });
    expect(answer.headers['x-request-id']).to.equal('try-1');
    const lines = server.lines.filter(({ requestId }) => requestId === 'try-1');
    expect(lines.map(({ level, message }) => [level, message])).to.deep.equal([
      ['warn', 'A sign-in was wrong.'],
      ['warn', `POST ${SESSION}`],
    ]);
    expect(JSON.stringify(server.lines)).not.to.include('my-password');
  });

  it('accepts only a small JSON object with name and password', async () => {
    const post = (body: unknown, headers = {}): ReturnType<typeof call> =>
      call(url, SESSION, { verb: 'POST', body, headers });
    expect((await post({ name: 'owner' })).status).to.equal(400);
    expect((await post({ name: 'owner', password: 'x', role: 'IAM_OWNER' })).status).to.equal(400);
    expect((await post('owner')).status).to.equal(400);
    expect((await post({ name: 'owner', password: 'x'.repeat(100_000) })).status).to.equal(413);
    expect((await post({}, { 'content-type': 'text/plain' })).status).to.equal(415);
    expect((await call(url, SESSION, { verb: 'PATCH' })).headers.allow).to.equal('GET, HEAD, POST, DELETE');
  });

  it('is not a failure of the server if the client disconnects', async () => {
    const headers = { 'content-type': 'application/json', 'content-length': '100', expect: '100-continue' };
    const sent = send(url, SESSION, { verb: 'POST', headers });
    const begun = once(sent, 'continue');
    sent.write('{"name": ');
    await begun;
    const gone = once(sent, 'error');
    sent.destroy(new Error('the client goes away'));
    await gone;
    expect((await call(url, SESSION)).status).to.equal(204);
    expect(server.errors).to.deep.equal([]);
  });
});

describe('signing out', () => {
  const bench = new TestBench();
  let server: Server;
  let quickstart: Quickstart;
  before(async () => {
    ({ server, quickstart } = await bench.serve());
  });
  after(() => bench.clear());

  it('takes effect at once in other processes on the same folder, in the API, and after a restart', async () => {
    const other = (await bench.serve({}, server.folder)).server;
    const [left, kept] = [await signIn(quickstart, 'owner'), await signIn(quickstart, 'owner')];
    expect((await call(other.url, SESSION, { headers: left })).status).to.equal(200);
    const out = await call(quickstart.url, SESSION, { verb: 'DELETE', headers: left });
    expect(out.status).to.equal(204);
    expect(cookieIn(out)).to.match(/^session-[\w-]+=; Max-Age=0;/);
    await other.stop();
    const again = await other.start();
    for (const url of [quickstart.url, again]) {
      expect((await call(url, SESSION, { headers: left })).status).to.equal(204);
      for (const path of ['/admin/v1/policies/login', '/iam/v1/organizations', '/iam/v1/changes', '/metrics'])
        expect((await call(url, path, { headers: left })).status, path).to.equal(401);
      expect((await call(url, SESSION, { headers: kept })).status, 'the other session').to.equal(200);
    }
  });

  it('happens to the oldest session of a user with the 101st', async () => {
    const { server: own, quickstart: secrets } = await bench.serve({ IAM_LOG: 'error' });
    const status = async (headers: Awaited<ReturnType<typeof signIn>>): Promise<number> =>
      (await call(own.url, SESSION, { headers })).status;
    const owner = await signIn(secrets, 'owner');
    const [first, second] = [await signIn(secrets, 'viewer'), await signIn(secrets, 'viewer')];
    for (let more = 0; more < 98; more++) await signIn(secrets, 'viewer');
    expect(await status(first), 'the oldest of a hundred').to.equal(200);
    const last = await signIn(secrets, 'viewer');
    expect([await status(first), await status(second), await status(last), await status(owner)]).to.deep.equal([
      204, 200, 200, 200,
    ]);
    using accounts = new AccountsFile(own);
    expect(accounts.run('SELECT digest FROM sessions')).to.have.lengthOf(101);
  });

  it('deletes expired sessions over time, without delaying a sign-in', async () => {
    const { server: own, quickstart: secrets } = await bench.serve();
    using accounts = new AccountsFile(own);
    const add = 'INSERT INTO sessions (digest, instance, user_id, began_at, until) VALUES (?, ?, ?, 0, ?)';
    const nextYear = Date.now() + 365 * 86_400_000;
    for (const [digest, until] of [
      ['old', 1],
      ['recent', nextYear],
    ] as const)
      accounts.run(add, digest, secrets.instanceId, 'viewer', until);
    await signIn(secrets, 'viewer');
    const digests = (): readonly unknown[] => accounts.run('SELECT digest FROM sessions').map(({ digest }) => digest);
    await eventually('a session that goes', () => !digests().includes('old') || undefined);
    expect(digests()).to.include('recent').and.to.have.lengthOf(2);
  });

  it('happens to the previous session at a new sign-in on the same page', async () => {
    const first = await signIn(quickstart, 'viewer');
    const body = quickstart.users.owner;
    await call(quickstart.url, SESSION, { verb: 'POST', headers: first, body });
    expect((await call(quickstart.url, SESSION, { headers: first })).status).to.equal(204);
  });
});
