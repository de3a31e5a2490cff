import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { bearer, call, json, sentence, type Answered } from './client.js';
import { commandIn, TestBench, type Quickstart } from './running-server.js';

const POLICY = '/admin/v1/policies/login';

describe('the identity providers of the accounts', () => {
  const bench = new TestBench();
  let quickstart: Quickstart;
  let folder: string;
  before(async () => {
    const { quickstart: read, server } = await bench.serve();
    [quickstart, folder] = [read, server.folder];
  });
  after(() => bench.clear());

  const execute = (command: object, headers: object = {}, base = POLICY): Promise<Answered> =>
    call(quickstart.url, `${base}/_execute`, {
      verb: 'POST',
      headers: { ...bearer(quickstart.tokens.owner), ...headers },
      body: { command },
    });
  const link = (id: string, ownerType: 'ORG' | 'SYSTEM', organization?: string): Promise<Answered> =>
    execute(
      { type: 'addIdentityProvider', identityProvider: { id, ownerType } },
      organization === undefined ? {} : { 'x-zitadel-orgid': organization },
      organization === undefined ? POLICY : '/management/v1/policies/login',
    );

  it('are those that policies may link: of the instance, or of the organization itself', async () => {
    const [acme, globex] = quickstart.organizationIds;
    for (const organization of [acme, globex])
      await execute({ type: 'customize' }, { 'x-zitadel-orgid': organization }, '/management/v1/policies/login');
    expect(sentence(await link('gooogle-typo', 'SYSTEM'))).to.include('gooogle-typo');
    expect((await link('google', 'SYSTEM')).status).to.equal(200);
    expect((await link('globex-saml', 'SYSTEM', globex)).status).to.equal(400);
    expect((await link('globex-saml', 'ORG', acme)).status).to.equal(400);
    expect((await link('globex-saml', 'ORG', globex)).status).to.equal(200);
  });

  it('are listed by name to those who read policies', async () => {
    const path = '/iam/v1/identity-providers';
    const answer = await call(quickstart.url, path, { headers: bearer(quickstart.tokens.viewer) });
    const { identityProviders } = json<{ identityProviders: readonly { id: string; organizationId?: string }[] }>(
      answer,
    );
    expect(identityProviders.find(({ id }) => id === 'google'))
      .to.include({ id: 'google' })
      .and.not.have.key('organizationId');
    expect(identityProviders.find(({ id }) => id === 'globex-saml')?.organizationId).to.equal(
      quickstart.organizationIds[1],
    );
    expect((await call(quickstart.url, path, {})).status).to.equal(401);
  });

  it('are added and removed by commands beside the running server', async () => {
    const run = (...line: readonly string[]): Promise<string> => commandIn(folder, ['provider', ...line]);
    expect(await run('add', 'Azure', '--type', 'AZURE_AD', '--id', 'azure')).to.equal(
      'The identity provider Azure has the id azure',
    );
    expect((await link('azure', 'SYSTEM')).status).to.equal(200);
    expect(await run('remove', 'azure')).to.equal('Nobody signs in through azure any more.');
    for (const [line, problem] of [
      [
        ['add', 'Other', '--type', 'GOOGLE', '--id', 'google'],
        'An identity provider with the id "google" exists already.',
      ],
      [['add', 'Other', '--type', 'Google'], '--type must be one of OIDC, JWT, '],
      [['add', 'Other', '--type', 'OIDC', '--organization', 'nowhere'], 'has no organization "nowhere".'],
      [['remove', 'azure'], 'has no identity provider "azure".'],
    ] as const)
      expect(await run(...line).catch(String)).to.include(problem);
  });

  it('are no way in once they are removed, so the guard keeps the last other one (T23)', async () => {
    const accepted = { 'login-policy-acknowledge': 'users-locked-out=1000' };
    await commandIn(folder, ['provider', 'remove', 'google']);
    const read = await call(quickstart.url, POLICY, { headers: bearer(quickstart.tokens.owner) });
    expect(json(read)).to.have.nested.property('policy.idps').with.length(2);
    const noPasswords = { type: 'change', settings: { allowUsernamePassword: false } };
    expect((await execute(noPasswords, accepted)).status).to.equal(200);
    const refused = await execute({ type: 'removeMultiFactor', factor: 'U2F_WITH_VERIFICATION' }, accepted);
    expect(refused.status).to.equal(400);
    expect(json(refused)).to.have.nested.property('details[1].id', 'no-way-to-sign-in');
  });
});
