import { toJson } from '@login-policy/domain';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { askOf } from './rest-client.js';
import { INSTANCE, openService, type Service } from './service.js';

const ADMIN = '/admin/v1/policies/login';
const instance = { instanceId: INSTANCE };

/** Instants to the millisecond: protobuf leaves out what is zero. */
const instants = (json: string): string => json.replaceAll(/"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)Z"/g, '"$1.000Z"');

describe('the JSON of the library', () => {
  let service: Service;
  const asked = async (place: string, body?: object): Promise<object> => {
    const { at } = await askOf(service, place, body === undefined ? {} : { body });
    return Object(JSON.parse(instants(JSON.stringify(at()))));
  };
  before(async () => {
    service = await openService();
    await service.policies.addIdentityProvider(instance, { id: 'idp-1', ownerType: 'SYSTEM' }, { actor: 'set-up' });
    await service.policies.change(instance, { lifetimes: { mfaInitSkip: 'PT1.5S' } }, { actor: 'set-up' });
  });
  after(() => service.close());

  it('names policies differently from the API', async () => {
    const { policy: ours } = toJson(await service.policies.policy(instance));
    const policy: object = Object(Reflect.get(await asked(`GET ${ADMIN}`), 'policy'));
    expect(policy).to.have.deep.property('idps', [{ idpId: 'idp-1' }]);
    expect(policy).to.have.property('mfaInitSkipLifetime', '1.500s');
    expect(ours).to.deep.nested.include({
      identityProviders: [{ id: 'idp-1', ownerType: 'SYSTEM' }],
      'settings.lifetimes.mfaInitSkip': 'PT1.5S',
    });
    expect(JSON.stringify(ours)).not.to.match(/_TYPE_|idp[A-Z]|Lifetime"/);
  });

  it('is the answer of the API for a history', async () => {
    const { policies } = service;
    expect(toJson(await policies.history(instance))).to.deep.include(await asked(`GET ${ADMIN}/history`));
  });
});
