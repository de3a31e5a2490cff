import { expect } from 'chai';
import { afterEach, before, after, describe, it } from 'mocha';
import { AccountsFile } from './accounts-file.js';
import { bearer, call, cookieIn, json, signIn, type Answered } from './client.js';
import { TestBench, type Quickstart, type Server } from './running-server.js';
import { SoftwareAuthenticator, type Asked, type Shows } from './software-authenticator.js';

const SESSION = '/iam/v1/session';
const PASSKEYS = '/iam/v1/passkeys';
const POLICY = '/admin/v1/policies/login';
const PASSKEY = 'MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION';

interface Listed {
  readonly passkeys: readonly { readonly id: string; readonly addedAt: string; readonly lastUsedAt?: string }[];
}

describe('the users of the server sign in with passkeys', () => {
  const bench = new TestBench();
  let server: Server;
  let quickstart: Quickstart;
  let url: string;
  let origin: string;
  let host: Readonly<Record<string, string>>;
  let viewer: Readonly<Record<string, string>>;
  before(async () => {
    ({ server, quickstart } = await bench.serve({ IAM_BEHIND_PROXY: 'yes' }));
    url = quickstart.url;
    // A passkey needs a name; a browser calls it by this one.
    host = { host: `localhost:${new URL(url).port}` };
    origin = `http://${host['host'] ?? ''}`;
    viewer = { ...host, ...(await ownHeaders('viewer')) };
  });
  after(() => bench.clear());
  afterEach(() => allowPasskeys(true));

  const ownHeaders = async (who: 'owner' | 'viewer'): Promise<Readonly<Record<string, string>>> =>
    bearer((await signIn(quickstart, who)).cookie.split('=')[1] ?? '');
  const post = (path: string, body: unknown = {}, headers = viewer): Promise<Answered> =>
    call(url, path, { verb: 'POST', headers, body });
  const machine = (verb: string, path: string, body?: object): Promise<Answered> =>
    call(url, `${POLICY}${path}`, { verb, body, headers: bearer(quickstart.tokens.owner) });
  const allowPasskeys = async (areAllowed: boolean): Promise<void> => {
    if (areAllowed) await machine('POST', '/multi_factors', { type: PASSKEY });
    else expect((await machine('DELETE', `/multi_factors/${PASSKEY}`)).status).to.equal(200);
  };
  const added = async (headers = viewer): Promise<SoftwareAuthenticator> => {
    const authenticator = new SoftwareAuthenticator();
    const asked = json<Asked>(await post(`${PASSKEYS}/options`, {}, headers));
    const answer = await post(PASSKEYS, authenticator.create(asked, { origin }), headers);
    expect(answer.status, answer.bytes.toString()).to.equal(204);
    return authenticator;
  };
  const challenge = async (): Promise<Asked> => json<Asked>(await post(`${SESSION}/passkey/options`, {}, host));
  const show = async (authenticator: SoftwareAuthenticator, shows: Partial<Shows> = {}): Promise<Answered> =>
    post(`${SESSION}/passkey`, authenticator.get(await challenge(), { origin, ...shows }), elsewhere());
  // Each try comes from another network, or it would be slowed down as a guess.
  let network = 0;
  const elsewhere = (): Readonly<Record<string, string>> => ({ ...host, 'x-forwarded-for': `192.0.2.${++network}` });
  const listed = async (): Promise<Listed['passkeys']> =>
    json<Listed>(await call(url, PASSKEYS, { headers: viewer })).passkeys;
  const idOf = (answer: Answered): string => json<{ details: readonly { id: string }[] }>(answer).details[0]?.id ?? '';

  it('add one, and sign in with it alone', async () => {
    const authenticator = await added();
    const entered = await show(authenticator);
    expect(entered.status, entered.bytes.toString()).to.equal(200);
    expect(json<{ user: object }>(entered).user).to.include({ name: 'viewer' });
    expect(cookieIn(entered)).to.match(/^session-/);
    expect((await listed()).at(-1)).to.have.keys('id', 'addedAt', 'lastUsedAt');
  });

  it('are counted by a preview, beside the users of organizations', async () => {
    const preview = { method: 'RemoveMultiFactorFromLoginPolicy', request: { type: PASSKEY } };
    const weaker = async (): Promise<unknown> =>
      json<{ people: { weaker?: object; unknown?: string } }>(await machine('POST', '/_preview', preview)).people;
    await added();
    // Three of Acme and Globex, and the viewer: by a password alone from then on.
    expect(await weaker()).to.deep.include({ weaker: { users: 4, administrators: 0 } });
    using accounts = new AccountsFile(server);
    accounts.run("UPDATE users SET disabled_at = 1 WHERE id = 'ben'");
    expect(await weaker(), 'a disabled user does not count').to.deep.include({
      weaker: { users: 3, administrators: 0 },
    });
    accounts.run("UPDATE credentials SET kind = 'damaged' WHERE user_id = 'ada' AND kind = 'TOTP'");
    const damaged = await machine('POST', '/_preview', preview);
    expect([damaged.status, damaged.bytes.toString().includes('census-unknown')]).to.deep.equal([400, true]);
    accounts.run("UPDATE credentials SET kind = 'TOTP' WHERE kind = 'damaged'");
    accounts.run('UPDATE users SET disabled_at = NULL');
  });

  it('are affected at once when passkeys are removed from the policy and added again', async () => {
    const authenticator = await added();
    await allowPasskeys(false);
    const refused = await show(authenticator);
    expect([refused.status, idOf(refused)]).to.deep.equal([403, 'IAM-SESSION-10']);
    await allowPasskeys(true);
    expect((await show(authenticator)).status).to.equal(200);
  });

  it('are asked for it if the policy requires a second factor and they have no other', async () => {
    await added();
    const { policy } = json<{ policy: Record<string, unknown> }>(await machine('GET', ''));
    const { details: _, isDefault: __, secondFactors: ___, multiFactors: ____, idps: _____, ...kept } = policy;
    await machine('PUT', '', { ...kept, forceMfa: true });
    try {
      expect(idOf(await post(SESSION, quickstart.users.viewer, host))).to.equal('IAM-SESSION-08');
    } finally {
      await machine('PUT', '', kept);
      // The session that was opened by a password alone has ended.
      viewer = { ...host, ...(await ownHeaders('viewer')) };
    }
  });

  it('cannot sign in with a removed one', async () => {
    const authenticator = await added();
    const id = authenticator.id.toString('base64url');
    const remove = (): Promise<Answered> => post(`${PASSKEYS}/removal`, { id });
    expect((await remove()).status).to.equal(204);
    expect(idOf(await show(authenticator))).to.equal('IAM-SESSION-09');
    expect(idOf(await remove())).to.equal('IAM-PASSKEY-04');
  });

  it('cannot sign in by an answer that is replayed, for another challenge, of another origin, without verification, or forged', async () => {
    const authenticator = await added();
    const asked = await challenge();
    const answer = authenticator.get(asked, { origin });
    expect((await post(`${SESSION}/passkey`, answer, host)).status).to.equal(200);
    expect(idOf(await post(`${SESSION}/passkey`, answer, elsewhere())), 'again').to.equal('IAM-SESSION-09');
    const toAdd = json<Asked>(await post(`${PASSKEYS}/options`));
    const stranger = new SoftwareAuthenticator();
    const wrong: readonly [string, Answered][] = [
      ['a challenge to add one', await show(authenticator, { challenge: toAdd.challenge })],
      ['a challenge made up', await show(authenticator, { challenge: Buffer.from('9e15.x.y').toString('base64url') })],
      ['another origin', await show(authenticator, { origin: 'https://localhost.evil.example' })],
      ['nobody verified', await show(authenticator, { isUserVerified: false })],
      ['of nobody', await show(authenticator, { userHandle: Buffer.from('nobody').toString('base64url') })],
      ['a key nobody added', await show(stranger, { userHandle: toAdd.user?.id ?? '' })],
    ];
    for (const [what, refused] of wrong)
      expect([refused.status, idOf(refused)], what).to.deep.equal([401, 'IAM-SESSION-09']);
    expect((await show(authenticator)).status, 'the right one still is').to.equal(200);
    expect(server.errors).to.deep.equal([]);
  });

  it('are refused if the signature counter went back, which shows a cloned passkey', async () => {
    const authenticator = await added();
    expect((await show(authenticator, { counter: 7 })).status).to.equal(200);
    expect(idOf(await show(authenticator, { counter: 7 }))).to.equal('IAM-SESSION-09');
    expect((await show(authenticator, { counter: 8 })).status).to.equal(200);
  });

  it('are slowed down by failures from their network, and nobody elsewhere', async () => {
    const authenticator = await added();
    const from = { ...host, 'x-forwarded-for': '203.0.113.9' };
    const wrong = authenticator.get({ challenge: 'eA' }, { origin });
    const statuses: number[] = [];
    for (let count = 0; count < 6; count++) statuses.push((await post(`${SESSION}/passkey`, wrong, from)).status);
    expect(statuses).to.deep.equal([401, 401, 401, 401, 401, 429]);
    expect((await show(authenticator)).status).to.equal(200);
  });

  it('add one only to themselves, while signed in, once per challenge, and ten at the most', async () => {
    const owner = { ...host, ...(await ownHeaders('owner')) };
    const asked = json<Asked>(await post(`${PASSKEYS}/options`));
    const made = new SoftwareAuthenticator().create(asked, { origin });
    expect((await post(PASSKEYS, made, host)).status, 'nobody').to.equal(401);
    expect((await post(`${PASSKEYS}/options`, {}, host)).status, 'nobody').to.equal(401);
    expect(idOf(await post(PASSKEYS, made, owner)), 'somebody else').to.equal('IAM-PASSKEY-02');
    expect(idOf(await post(PASSKEYS, { id: 'x' })), 'no answer').to.equal('IAM-BODY-01');
    while ((await listed()).length < 10) await added();
    const oneMore = json<Asked>(await post(`${PASSKEYS}/options`));
    const refused = await post(PASSKEYS, new SoftwareAuthenticator().create(oneMore, { origin }));
    expect([idOf(refused), (await listed()).length]).to.deep.equal(['IAM-PASSKEY-02', 10]);
  });

  it('are told what to do if the server is used by an IP address', async () => {
    expect(idOf(await post(`${SESSION}/passkey/options`, {}, {}))).to.equal('IAM-PASSKEY-01');
    expect(idOf(await post(`${SESSION}/passkey/options`, {}, { host: '[::1]:8080' }))).to.equal('IAM-PASSKEY-01');
  });

  it('leave nothing in the database by asking for a challenge', async () => {
    using accounts = new AccountsFile(server);
    const used = (): number => accounts.run('SELECT digest FROM used_challenges').length;
    const had = used();
    expect(had).to.be.greaterThan(0);
    await Promise.all(Array.from({ length: 20 }, challenge));
    expect(used()).to.equal(had);
  });
});
