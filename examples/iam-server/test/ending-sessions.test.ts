import { join } from 'node:path';
import { freshInstance, openLoginPolicies, type LoginSettingsInput } from '@login-policy/domain';
import { openMemoryStore } from '@login-policy/event-sourcing';
import { endSessions } from '@login-policy/iam-server';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { expect } from 'chai';
import { after, afterEach, before, describe, it } from 'mocha';
import { AccountsFile } from './accounts-file.js';
import { bearer, call, cookieIn, json, sentence, signIn, trySignIn, type Answered } from './client.js';
import { TestBench, type Quickstart } from './running-server.js';
import { inFlight, slowDownOwner } from './slow-password.js';
import { eventually } from './waiting.js';

const POLICY = '/admin/v1/policies/login';

describe('open sessions are judged again when the login policy changes', () => {
  const bench = new TestBench();
  let quickstart: Quickstart;
  before(async () => {
    ({ quickstart } = await bench.serve());
  });
  after(() => bench.clear());
  afterEach(() => change({ forceMfa: false, passwordCheckLifetime: '864000s' }));

  const machine = (verb: string, path: string, body?: object) =>
    call(quickstart.url, `${POLICY}${path}`, { verb, body, headers: bearer(quickstart.tokens.owner) });
  const change = async (settings: object): Promise<void> => {
    const { policy } = json<{ policy: Record<string, unknown> }>(await machine('GET', ''));
    const { details: _, isDefault: __, secondFactors: ___, multiFactors: ____, idps: _____, ...kept } = policy;
    const changed = await machine('PUT', '', { ...kept, ...settings });
    expect(changed.status, changed.bytes.toString()).to.equal(200);
  };
  const isIn = async (headers: Readonly<Record<string, string>>): Promise<boolean> =>
    (await call(quickstart.url, '/iam/v1/session', { headers })).status === 200;

  it('and end if they no longer suffice, for all users and for good', async () => {
    const [owner, viewer] = [await signIn(quickstart, 'owner'), await signIn(quickstart, 'viewer')];
    expect([await isIn(owner), await isIn(viewer)]).to.deep.equal([true, true]);
    await change({ hidePasswordReset: true });
    await change({ forceMfa: true });
    for (const who of [owner, viewer])
      await eventually('the end of a session', async () => !(await isIn(who)) || undefined);
    await change({ forceMfa: false });
    expect([await isIn(owner), await isIn(viewer)]).to.deep.equal([false, false]);
    expect(await isIn(await signIn(quickstart, 'owner'))).to.equal(true);
  });

  it('and last no longer than they suffice by the new policy', async () => {
    const signedIn = await trySignIn(quickstart.url, quickstart.users.viewer.name, quickstart.users.viewer.password);
    const headers = { cookie: cookieIn(signedIn).split(';')[0] ?? '' };
    const expiry = async (): Promise<number> => {
      const answer = await call(quickstart.url, '/iam/v1/session', { headers });
      return Date.parse(json<{ readonly expiresAt: string }>(answer).expiresAt);
    };
    const firstExpiry = await expiry();
    await change({ passwordCheckLifetime: '3600s' });
    await eventually('a nearer end', async () => (await expiry()) < firstExpiry - 3_600_000 || undefined);
    expect(await isIn(headers)).to.equal(true);
  });
});

describe('a sign-in during which the login policy changes', () => {
  const bench = new TestBench();
  after(() => bench.clear());

  /** Signs in while this settings are recorded, between the judgement and the session. */
  const signInDuring = async (
    settings: LoginSettingsInput,
  ): Promise<{ readonly url: string; readonly answer: Answered }> => {
    const { server, quickstart } = await bench.serve();
    await slowDownOwner(server, quickstart, 300);
    const { name, password } = quickstart.users.owner;
    const signingIn = trySignIn(server.url, name, password);
    await inFlight(1, quickstart);
    // The session can't be written meanwhile.
    using accounts = new AccountsFile(server);
    accounts.hold();
    await inFlight(1, quickstart);
    const folder = join(server.folder, '.data');
    await using store = await openSqliteStore({ path: join(folder, 'login-policy.sqlite') });
    await using policies = await openLoginPolicies({ store });
    await policies.change({ instanceId: quickstart.instanceId }, settings, { actor: 'test' });
    accounts.release();
    return { url: server.url, answer: await signingIn };
  };

  it('is refused if it no longer suffices', async () => {
    const { answer } = await signInDuring({ forceMfa: true });
    expect(answer.status).to.equal(401);
    expect(sentence(answer)).to.match(/^(The login policy changed while you signed in|A second factor is required)/);
    expect(cookieIn(answer)).to.equal('');
  });

  it('lasts no longer than it suffices by the new policy', async () => {
    const { url, answer } = await signInDuring({ lifetimes: { passwordCheck: 'PT1H' } });
    expect(answer.status).to.equal(200);
    const { expiresAt } = json<{ readonly expiresAt: string }>(answer);
    expect(Date.parse(expiresAt)).to.be.below(Date.now() + 3_600_001);
    const [cookie = ''] = cookieIn(answer).split(';');
    expect((await call(url, '/iam/v1/session', { headers: { cookie } })).status).to.equal(200);
  });
});

describe('the first start on a store with history', () => {
  it('judges sessions by later changes only, because no session is older', async () => {
    const instance = { instanceId: 'my-iam' };
    const by = { actor: 'test' };
    const store = openMemoryStore();
    await using policies = await openLoginPolicies({ store });
    await policies.add(instance, freshInstance, by);
    const head = await store.eventStore.head();
    const judged: bigint[] = [];
    const sessions = {
      tidy: async (_owner: unknown, position: bigint) => {
        judged.push(position);
        return { ended: [], failures: [] };
      },
    };
    const log = { say: () => undefined, note: () => undefined, failure: () => undefined };
    await using consumer = endSessions({ policies, sessions, log, head });
    await policies.removeMultiFactor(instance, 'U2F_WITH_VERIFICATION', by);
    const changed = await store.eventStore.head();
    await eventually('the last change', async () => consumer.status().position === changed || undefined);
    expect(judged).to.deep.equal([changed]);
  });
});
