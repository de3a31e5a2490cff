import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { bearer, call, cookieIn, json, sentence, trySignIn, type Answered } from './client.js';
import { commandIn, TestBench, type Quickstart, type Server } from './running-server.js';

const POLICY = '/admin/v1/policies/login';
const OWN = '/management/v1/policies/login';
const SESSION = '/iam/v1/session';

type Headers = Readonly<Record<string, string>>;

describe('the people of the server', () => {
  const bench = new TestBench();
  let server: Server;
  let quickstart: Quickstart;
  let acme: string;
  before(async () => {
    ({ server, quickstart } = await bench.serve());
    [acme] = quickstart.organizationIds;
  });
  after(() => bench.clear());

  /** Runs a command, and returns the last word it says: a password, an id. */
  const told = async (...line: readonly string[]): Promise<string> =>
    (await commandIn(server.folder, line)).split(' ').at(-1) ?? '';
  const refused = (...line: readonly string[]): Promise<string> => commandIn(server.folder, line).catch(String);
  const enter = async (name: string, password: string): Promise<Headers> => {
    const answer = await trySignIn(server.url, name, password);
    expect(answer.status, answer.bytes.toString()).to.equal(200);
    const [cookie = ''] = cookieIn(answer).split(';');
    return { cookie, origin: server.url };
  };
  /** `request` is a verb and a path, as in `GET /iam/v1/session`. */
  const ask = (request: string, headers: Headers, body?: object): Promise<Answered> => {
    const [verb, path = ''] = request.split(' ');
    return call(server.url, path, { ...(verb !== undefined && { verb }), headers, body });
  };
  const machine = (request: string, body: object, headers: Headers = {}): Promise<Answered> =>
    ask(request, { ...bearer(quickstart.tokens.owner), ...headers }, body);

  it('are all locked out by nothing that two clicks can do: the server knows who they are', async () => {
    const { policy } = json<{ policy: Record<string, unknown> }>(await machine(`GET ${POLICY}`, {}));
    const { details: _, isDefault: __, secondFactors: ___, multiFactors: ____, idps: _____, ...kept } = policy;
    const without = { ...kept, allowUsernamePassword: false };
    const answer = await machine(`PUT ${POLICY}`, without);
    expect(sentence(answer)).to.match(/It would lock out 4 of 7 users, among them 1 of 1 administrators\.$/);
    const acknowledging = (what: string): Promise<Answered> =>
      machine(`PUT ${POLICY}`, without, { 'login-policy-acknowledge': what });
    expect((await acknowledging('users-locked-out=3')).status, 'not of so many').to.equal(400);
    expect((await acknowledging('users-locked-out=4')).status).to.equal(200);
    expect((await machine(`PUT ${POLICY}`, kept)).status).to.equal(200);
  });

  it('sign in to an organization by its effective policy, and see and change its policy only', async () => {
    const password = await told('user', 'add', 'olga', '--organization', acme, '--role', 'ORG_OWNER');
    const olga = await enter('olga', password);
    const shown = json<{ organization: object; user: object }>(await ask(`GET ${SESSION}`, olga));
    expect(shown.organization).to.deep.equal({ id: acme, name: 'Acme' });
    expect(shown.user).to.include({ name: 'olga', role: 'ORG_OWNER' });
    expect((await ask(`GET ${POLICY}`, olga)).status, 'of the instance').to.equal(403);
    const other = { ...olga, 'x-zitadel-orgid': quickstart.organizationIds[1] };
    expect((await ask(`GET ${OWN}`, other)).status, 'of another organization').to.equal(403);
    expect((await ask(`POST ${OWN}/_customize`, olga, {})).status).to.equal(200);

    // Her own organization requires more from now on; the instance does not.
    const own = { allowUsernamePassword: true, forceMfa: true, passwordlessType: 'PASSWORDLESS_TYPE_ALLOWED' };
    expect((await ask(`PUT ${OWN}`, olga, own)).status).to.equal(200);
    expect((await ask(`GET ${OWN}`, olga)).status, 'her session').to.equal(401);
    const asked = await trySignIn(server.url, 'olga', password);
    expect(json<{ setUp?: object }>(asked)).to.have.property('setUp');
    await enter('owner', quickstart.users.owner.password);
    expect((await machine(`DELETE ${OWN}`, {}, { 'x-zitadel-orgid': acme })).status).to.equal(200);
    await enter('olga', password);
  });

  it('without a role sign in, and see no policy', async () => {
    const eve = await enter('eve', await told('user', 'add', 'eve', '--organization', acme));
    expect((await ask(`GET ${SESSION}`, eve)).status).to.equal(200);
    for (const path of [POLICY, OWN, '/iam/v1/organizations', '/metrics'])
      expect((await ask(`GET ${path}`, eve)).status, path).to.equal(403);
  });

  it('of an organization that is added while the server runs belong to it at once', async () => {
    const id = await told('organization', 'add', 'Initech');
    const pam = await enter('pam', await told('user', 'add', 'pam', '--organization', id, '--role', 'ORG_OWNER'));
    expect((await ask(`GET ${OWN}`, pam)).status).to.equal(200);
    const listed = await call(server.url, '/iam/v1/organizations', { headers: bearer(quickstart.tokens.viewer) });
    expect(listed.bytes.toString()).to.include('Initech');
  });

  it('are changed by commands that say what is wrong with them', async () => {
    const wrong: readonly (readonly [readonly string[], RegExp])[] = [
      [['user', 'ad', 'zed'], /takes these commands: user add NAME/],
      [['user', 'add'], /takes these commands/],
      [['user', 'add', 'zed', '--rule', 'USER'], /takes these commands/],
      [['user', 'add', 'owner'], /A user "owner" exists already/],
      [['user', 'add', 'zed', '--id', 'owner'], /another one with the id "owner"/],
      [['user', 'add', 'z\u0007d'], /is not a name/],
      [['user', 'add', 'zed', '--role', 'KING'], /"KING" is not a role. Those are IAM_OWNER, /],
      [['user', 'add', 'zed', '--role', 'ORG_OWNER'], /ORG_OWNER is for users of an organization only/],
      [['user', 'add', 'zed', '--organization', acme, '--role', 'IAM_OWNER'], /is not for users of an organization/],
      [['user', 'add', 'zed', '--organization', 'none'], /has no organization "none"/],
      [['user', 'add', 'zed', '--instance', 'none'], /Name the instance/],
      [['user', 'role', 'zed', 'IAM_OWNER'], /has no user "zed"/],
      [['user', 'disable', 'zed'], /has no user "zed"/],
      [['organization', 'add', 'Twice', '--id', acme], /exists already/],
    ];
    for (const [line, said] of wrong) expect(await refused(...line), line.join(' ')).to.match(said);
    const beside = bench.spawn(server.folder, {}, { line: ['user', 'add', 'owner'] });
    const { code, complained } = await beside.ended();
    expect([code, /exists already/.test(complained)]).to.deep.equal([78, true]);
  });

  it('all lose their sessions by a command, as after a restore', async () => {
    const owner = await enter('owner', quickstart.users.owner.password);
    expect(await commandIn(server.folder, ['session', 'end'])).to.match(/^\d+ sessions were ended\.$/);
    expect((await ask(`GET ${SESSION}`, owner)).status).to.equal(204);
  });
});
