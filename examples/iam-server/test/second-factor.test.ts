import { expect } from 'chai';
import { after, afterEach, before, describe, it } from 'mocha';
import { Secret, TOTP } from 'otpauth';
import { ANY_LOCK_OUT, bearer, call, cookieIn, json, trySignIn, type Answered } from './client.js';
import { TestBench, type Quickstart } from './running-server.js';

interface SetUp {
  readonly setUp: { readonly secret: string; readonly uri: string };
}

const SESSION = '/iam/v1/session';
const POLICY = '/admin/v1/policies/login';
const PERIOD_MS = 30_000;

describe('the users of the server sign in by its own login policy', () => {
  const bench = new TestBench();
  let quickstart: Quickstart;
  before(async () => {
    ({ quickstart } = await bench.serve());
  });
  after(() => bench.clear());
  afterEach(() => force(false));

  const signInWith = (code?: string, who: 'owner' | 'viewer' = 'viewer'): Promise<Answered> =>
    call(quickstart.url, SESSION, {
      verb: 'POST',
      body: { ...quickstart.users[who], ...(code !== undefined && { code }) },
    });
  const machine = (verb: string, path: string, body?: object): Promise<Answered> =>
    call(quickstart.url, `${POLICY}${path}`, {
      verb,
      body,
      headers: { ...bearer(quickstart.tokens.owner), 'login-policy-acknowledge': ANY_LOCK_OUT },
    });
  const change = async (settings: object): Promise<void> => {
    const { policy } = json<{ policy: Record<string, unknown> }>(await machine('GET', ''));
    const { details: _, isDefault: __, secondFactors: ___, multiFactors: ____, idps: _____, ...kept } = policy;
    const changed = await machine('PUT', '', { ...kept, ...settings });
    expect(changed.status, changed.bytes.toString()).to.equal(200);
  };
  const force = (forceMfa: boolean): Promise<void> => change({ forceMfa });
  const idOf = (answer: Answered): string => json<{ details: readonly { id: string }[] }>(answer).details[0]?.id ?? '';

  it('by a password alone, if nothing more is required', async () => {
    expect((await signInWith()).status).to.equal(200);
    expect((await signInWith('123456')).status, 'a code nobody asked for').to.equal(200);
  });

  it('set up an authenticator app when a second factor is required, and then need its code', async () => {
    await force(true);
    const asked = await signInWith();
    expect([asked.status, idOf(asked)]).to.deep.equal([401, 'IAM-SESSION-05']);
    const { setUp } = json<SetUp>(asked);
    expect(setUp.uri).to.match(/^otpauth:\/\/totp\/Example%20IAM:viewer\?/);
    expect(json<SetUp>(await signInWith()).setUp, 'the same key until it is set up').to.deep.equal(setUp);
    expect(idOf(await signInWith('000000'))).to.equal('IAM-SESSION-06');
    const code = codeOf(setUp.secret);
    const entered = await signInWith(code);
    expect(entered.status, entered.bytes.toString()).to.equal(200);
    expect(idOf(await signInWith(code)), 'each code is right once').to.equal('IAM-SESSION-06');

    await force(false);
    const again = await signInWith();
    expect([again.status, idOf(again)], 'a factor that is set up is asked for, forced or not').to.deep.equal([
      401,
      'IAM-SESSION-04',
    ]);
    expect(json(again)).not.to.have.property('setUp');
    expect((await signInWith(codeOf(setUp.secret, PERIOD_MS))).status).to.equal(200);

    // The factor is removed from the policy: that is felt at the next sign-in.
    expect((await machine('DELETE', '/second_factors/SECOND_FACTOR_TYPE_OTP')).status).to.equal(200);
    expect((await signInWith()).status, 'ZITADEL’s rule: it is no longer asked for').to.equal(200);
    await force(true);
    const stuck = await signInWith();
    expect([stuck.status, idOf(stuck)]).to.deep.equal([403, 'IAM-SESSION-07']);
    expect((await machine('POST', '/second_factors', { type: 'SECOND_FACTOR_TYPE_OTP' })).status).to.equal(200);
    expect(idOf(await signInWith())).to.equal('IAM-SESSION-04');
  });

  it('are refused if the policy allows no password', async () => {
    await change({ allowUsernamePassword: false });
    const refused = await signInWith(undefined, 'owner');
    expect([refused.status, idOf(refused)]).to.deep.equal([403, 'IAM-SESSION-07']);
    await change({ allowUsernamePassword: true });
    expect((await signInWith(undefined, 'owner')).status).to.equal(200);
  });

  it('have a session that ends when the policy no longer accepts the password alone', async () => {
    await change({ passwordCheckLifetime: '2s' });
    const begun = await signInWith(undefined, 'owner');
    const [cookie = ''] = cookieIn(begun).split(';');
    expect(cookieIn(begun)).to.match(/; Max-Age=[12];/);
    const { expiresAt } = json<{ expiresAt: string }>(begun);
    expect(Date.parse(expiresAt)).to.be.below(Date.now() + 2001);
    expect((await call(quickstart.url, SESSION, { headers: { cookie } })).status).to.equal(200);
    while (Date.now() < Date.parse(expiresAt)) await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await call(quickstart.url, SESSION, { headers: { cookie } })).status).to.equal(204);
    await change({ passwordCheckLifetime: '864000s' });
  });

  it('are not asked for a code before the password is right, and get no more tries at codes by it', async () => {
    await force(true);
    const { name } = quickstart.users.owner;
    const wrong = await trySignIn(quickstart.url, name, 'not it');
    expect([wrong.status, idOf(wrong)]).to.deep.equal([401, 'IAM-SESSION-02']);
    await signInWith(undefined, 'owner');
    const tries: number[] = [];
    for (let guess = 0; guess < 8; guess++) {
      tries.push((await signInWith(String(guess).padStart(6, '0'), 'owner')).status);
      await signInWith(undefined, 'owner');
    }
    expect(tries).to.include(429);
  });
});

/** The code of now, or of some milliseconds from now. */
function codeOf(secret: string, inMs = 0): string {
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + inMs });
}
