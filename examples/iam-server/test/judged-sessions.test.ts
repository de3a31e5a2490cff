import { policyStream, parseInstance, parseOrganization } from '@login-policy/domain/model';
import { monotonicIds } from '@login-policy/event-sourcing';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Secret, TOTP } from 'otpauth';
import { AccountsFile } from './accounts-file.js';
import { bearer, call, cookieIn, json, sentence, signIn, trySignIn, type Answered } from './client.js';
import { commandIn, TestBench, type Quickstart, type Server } from './running-server.js';
import { SoftwareAuthenticator, type Asked } from './software-authenticator.js';
import { eventually } from './waiting.js';

const SESSION = '/iam/v1/session';
const PASSKEYS = '/iam/v1/passkeys';
const POLICY = '/admin/v1/policies/login';

type Headers = Readonly<Record<string, string>>;

describe('a session is judged at each use', () => {
  const bench = new TestBench();
  let server: Server;
  let quickstart: Quickstart;
  let accounts: AccountsFile;
  /** A passkey needs a name; a browser calls the server by this one. */
  let host: Headers;
  beforeEach(async () => {
    ({ server, quickstart } = await bench.serve({ IAM_BEHIND_PROXY: 'yes' }));
    accounts = new AccountsFile(server);
    host = { host: `localhost:${new URL(server.url).port}` };
  });
  afterEach(async () => {
    accounts[Symbol.dispose]();
    await bench.clear();
  });

  const statusOf = async (headers: Headers): Promise<number> => (await call(server.url, POLICY, { headers })).status;
  const machine = (verb: string, path: string, body?: object): Promise<Answered> =>
    call(server.url, `${POLICY}${path}`, { verb, body, headers: bearer(quickstart.tokens.owner) });
  const change = async (settings: object): Promise<void> => {
    const { policy } = json<{ policy: Record<string, unknown> }>(await machine('GET', ''));
    const { details: _, isDefault: __, secondFactors: ___, multiFactors: ____, idps: _____, ...kept } = policy;
    expect((await machine('PUT', '', { ...kept, ...settings })).status).to.equal(200);
  };
  const byPassword = async (who: 'owner' | 'viewer'): Promise<Headers> => {
    const { cookie } = await signIn(quickstart, who);
    return { ...host, ...bearer(cookie.slice(cookie.indexOf('=') + 1)) };
  };
  const post = (path: string, body: unknown, headers: Headers): Promise<Answered> =>
    call(server.url, path, { verb: 'POST', headers, body });
  const origin = (): string => `http://${host['host'] ?? ''}`;
  const addPasskey = async (headers: Headers): Promise<SoftwareAuthenticator> => {
    const authenticator = new SoftwareAuthenticator();
    const asked = json<Asked>(await post(`${PASSKEYS}/options`, {}, headers));
    const added = await post(PASSKEYS, authenticator.create(asked, { origin: origin() }), headers);
    expect(added.status, added.bytes.toString()).to.equal(204);
    return authenticator;
  };
  const byPasskey = async (authenticator: SoftwareAuthenticator): Promise<Headers> => {
    const asked = json<Asked>(await post(`${SESSION}/passkey/options`, {}, host));
    const entered = await post(`${SESSION}/passkey`, authenticator.get(asked, { origin: origin() }), host);
    expect(entered.status, entered.bytes.toString()).to.equal(200);
    const [cookie = ''] = cookieIn(entered).split(';');
    return { ...host, ...bearer(cookie.slice(cookie.indexOf('=') + 1)) };
  };
  const remove = (authenticator: SoftwareAuthenticator, headers: Headers): Promise<Answered> =>
    post(`${PASSKEYS}/removal`, { id: authenticator.id.toString('base64url') }, headers);

  it('and ends when the passkey it was begun with is removed, though the user has another one', async () => {
    const password = await byPassword('owner');
    const [lost, kept] = [await addPasskey(password), await addPasskey(password)];
    const [byLost, byKept] = [await byPasskey(lost), await byPasskey(kept)];
    expect((await remove(lost, byKept)).status).to.equal(204);
    expect([await statusOf(byLost), await statusOf(byKept), await statusOf(password)]).to.deep.equal([401, 200, 200]);
    expect((await remove(kept, byKept)).status).to.equal(204);
    await change({ forceMfa: true });
    expect([await statusOf(byKept), await statusOf(password)]).to.deep.equal([401, 401]);
  });

  it('and ends with the password it was begun with', async () => {
    const session = await byPassword('owner');
    const renewed = await commandIn(server.folder, ['user', 'password', 'owner']);
    expect(await statusOf(session)).to.equal(401);
    expect((await trySignIn(server.url, 'owner', quickstart.users.owner.password)).status).to.equal(401);
    expect((await trySignIn(server.url, 'owner', renewed.split(' ').at(-1) ?? '')).status).to.equal(200);
  });

  it('and ends with its user, while others go on', async () => {
    const [owner, viewer] = [await byPassword('owner'), await byPassword('viewer')];
    await commandIn(server.folder, ['user', 'disable', 'viewer']);
    expect([await statusOf(owner), await statusOf(viewer)]).to.deep.equal([200, 401]);
    expect((await trySignIn(server.url, 'viewer', quickstart.users.viewer.password)).status).to.equal(401);
  });

  it('and gets what the role of now permits', async () => {
    const viewer = await byPassword('viewer');
    const add = (): Promise<Answered> =>
      post(`${POLICY}/second_factors`, { type: 'SECOND_FACTOR_TYPE_OTP_EMAIL' }, viewer);
    expect((await add()).status).to.equal(403);
    await commandIn(server.folder, ['user', 'role', 'viewer', 'IAM_OWNER']);
    expect((await add()).status).to.equal(200);
  });

  it('and ends for good if the policy no longer takes it, beside rows that nobody can read', async () => {
    const [owner, viewer, damaged] = [
      await byPassword('owner'),
      await byPassword('viewer'),
      await byPassword('viewer'),
    ];
    accounts.run(
      "UPDATE sessions SET began_at = 'yesterday' WHERE digest = (SELECT max(digest) FROM sessions WHERE user_id = 'viewer')",
    );
    const statuses = [await statusOf(viewer), await statusOf(damaged)].toSorted((left, right) => left - right);
    expect(statuses, 'only the damaged one is refused').to.deep.equal([200, 500]);
    accounts.run("UPDATE users SET role = 'KING' WHERE id = 'viewer'");
    expect([await statusOf(owner), await statusOf(viewer)]).to.deep.equal([200, 500]);
    await change({ forceMfa: true });
    const left = (): readonly unknown[] => accounts.run("SELECT digest FROM sessions WHERE user_id = 'owner'");
    await eventually('the end of the one that can be judged', () => left().length === 0 || undefined);
    await change({ forceMfa: false });
    expect(await statusOf(owner)).to.equal(401);
    expect(server.errors.filter((one) => one.includes('a row of')).length).to.be.within(1, 20);
  });

  it('and is refused while the policy can’t be read, as sign-ins are, in no other organization', async () => {
    const [acme, globex] = quickstart.organizationIds;
    const add = async (name: string, organization: string): Promise<string> =>
      (await commandIn(server.folder, ['user', 'add', name, '--organization', organization, '--role', 'ORG_OWNER']))
        .split(' ')
        .at(-1) ?? '';
    const [one, other] = [await add('one', acme), await add('other', globex)];
    const enter = async (name: string, password: string): Promise<Headers> => {
      const [cookie = ''] = cookieIn(await trySignIn(server.url, name, password)).split(';');
      return { cookie };
    };
    const [ofAcme, ofGlobex] = [await enter('one', one), await enter('other', other)];
    await appendUnreadable(
      server,
      policyStream(parseOrganization({ instanceId: quickstart.instanceId, organizationId: acme }, 'o')),
    );
    const shown = async (headers: Headers): Promise<number> => (await call(server.url, SESSION, { headers })).status;
    await eventually('the refusal', async () => (await shown(ofAcme)) === 503 || undefined);
    expect(await shown(ofGlobex)).to.equal(200);
    const refused = await trySignIn(server.url, 'one', one);
    expect([refused.status, sentence(refused)]).to.deep.equal([
      503,
      'The login policies are not available at the moment. Try again later.',
    ]);
    expect((await trySignIn(server.url, 'other', other)).status).to.equal(200);
  });

  it('and no lock can hold up the codes of a user: there is none', async () => {
    await change({ forceMfa: true });
    const asked = await trySignIn(server.url, 'viewer', quickstart.users.viewer.password);
    const { secret } = json<{ setUp: { secret: string } }>(asked).setUp;
    const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate();
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        call(server.url, SESSION, {
          verb: 'POST',
          headers: { 'x-forwarded-for': `192.0.2.${index}` },
          body: { ...quickstart.users.viewer, code },
        }),
      ),
    );
    expect(all.filter(({ status }) => status === 200)).to.have.lengthOf(1);
    expect(all.filter(({ status }) => status === 401)).to.have.lengthOf(19);
  });

  it('of the instance, and refused with 503 where its own policy is unreadable, apart from tokens', async () => {
    const session = await byPassword('owner');
    await appendUnreadable(server, policyStream(parseInstance({ instanceId: quickstart.instanceId }, 'i')));
    await eventually('the refusal', async () => (await statusOf(session)) === 503 || undefined);
    expect(
      (await call(server.url, '/iam/v1/organizations', { headers: bearer(quickstart.tokens.viewer) })).status,
    ).to.equal(200);
  });
});

async function appendUnreadable({ folder }: Server, streamId: ReturnType<typeof policyStream>): Promise<void> {
  await using store = await openSqliteStore({ path: join(folder, '.data', 'login-policy.sqlite') });
  const event = { id: monotonicIds()(), type: 'FromTheFuture', schemaVersion: 9, data: { factor: ['x'] } };
  const metadata = { actor: 'a newer program', correlationId: 'test' };
  await store.eventStore.append({ streamId, expected: 'any', events: [{ ...event, metadata }] });
}
