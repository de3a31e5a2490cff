import { openLoginPolicies, orThrow } from '@login-policy/domain';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { askOf, type Reply } from './rest-client.js';
import { ACME, GLOBEX, INSTANCE, NOBODY, openService, OWNER_OF_ACME, READER, type Service } from './service.js';

const LIST = '/admin/v1/policies/login/organizations';
const of = (organizationId: string): { instanceId: string; organizationId: string } => ({
  instanceId: INSTANCE,
  organizationId,
});

describe('the organizations of an instance over REST', () => {
  let service: Service;
  const list = (query: string, token = READER): Promise<Reply> => askOf(service, `GET ${LIST}/${query}`, { token });
  before(async () => {
    service = await openService();
    const by = { actor: 'set-up' };
    for (const id of ['a', 'b', 'c']) orThrow(await service.policies.add(of(id), { secondFactors: ['TOTP'] }, by));
    orThrow(await service.policies.addMultiFactor(of('b'), 'U2F_WITH_VERIFICATION', by));
    orThrow(await service.policies.addIdentityProvider(of('c'), { id: 'idp', ownerType: 'SYSTEM' }, by));
    orThrow(await service.policies.change(of('a'), { allowUsernamePassword: false }, by));
    orThrow(await service.policies.add(of(ACME), {}, by));
  });
  after(() => service.close());

  it('are those with a custom policy, by page, with the total on the first page', async () => {
    const first = await list('custom?limit=3');
    expect(first.status).to.equal(200);
    const { position, ...page } = Object(first.at());
    expect(position).to.match(/^\d+$/);
    expect(page).to.deep.equal({ organizationIds: [ACME, 'a', 'b'], next: 'b', total: 4, unreadable: 0 });
    expect(Object(await list('custom?after=b').then(({ at }) => at()))).to.deep.equal({
      organizationIds: ['c'],
      position,
    });
  });

  it('can be filtered by factor, identity provider or warning', async () => {
    for (const [query, found] of [
      ['allowing=MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION', ['b']],
      ['allowing=U2F_WITH_VERIFICATION', ['b']],
      ['allowing=SECOND_FACTOR_TYPE_OTP', ['a', 'b', 'c']],
      ['linking=idp', ['c']],
      ['warned=no-way-to-sign-in', ['a']],
    ] as const) {
      const { at } = await list(`custom?${query}`);
      expect([query, at('organizationIds'), at('total')]).to.deep.equal([query, found, found.length]);
    }
  });

  it('may be those on the default, in the order of the directory', async () => {
    expect((await list('default')).at('organizationIds')).to.deep.equal([GLOBEX]);
    const store = service.store;
    const withoutList = await openLoginPolicies({ store });
    const other = await openService({ api: { loginPolicies: withoutList } });
    const { at, status } = await askOf(other, `GET ${LIST}/default`, {});
    expect([status, at('details.0.id')]).to.deep.equal([501, 'LP-HTTP-12']);
    await Promise.all([other.close(), withoutList.close()]);
  });

  it('require the permission to read every policy of the instance', async () => {
    for (const route of ['custom', 'default']) {
      expect((await list(route, '')).status).to.equal(401);
      expect((await list(route, NOBODY)).status).to.equal(403);
      expect((await list(route, OWNER_OF_ACME)).status).to.equal(403);
    }
  });

  it('are refused for a malformed query', async () => {
    for (const [query, word] of [
      ['alowing=TOTP', 'Did you mean allowing?'],
      ['allowing=FACE', 'allowing'],
      ['allowing=__proto__', 'allowing'],
      ['allowing=TOTP&allowing=U2F', 'once'],
      ['allowing=TOTP&linking=a', 'linking'],
      ['linking=', 'linking'],
      ['linking=%00', 'linking'],
      ['warned=weaker-sign-in', 'warned'],
      ['limit=0', 'limit'],
      ['limit=10001', 'limit'],
      ['limit=1e3', 'limit'],
      ['after=', 'after'],
      ['__proto__=1', '__proto__'],
    ] as const) {
      const { at, status } = await list(`custom?${query}`);
      expect([query, status, at('code')]).to.deep.equal([query, 400, 3]);
      expect(at('message')).to.include(word);
    }
    expect((await list('default?allowing=TOTP')).status).to.equal(400);
  });
});
