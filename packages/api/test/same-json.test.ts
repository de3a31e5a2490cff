import { toJson } from '@login-policy/domain';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { askOf } from './rest-client.js';
import { INSTANCE, openService, type Service } from './service.js';

const ADMIN = '/admin/v1/policies/login';
const instance = { instanceId: INSTANCE };

/** Instants to the millisecond: protobuf leaves out what is zero. */
const instants = (json: string): string => json.replaceAll(/"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)Z"/g, '"$1.000Z"');

describe("the library's JSON of an answer", () => {
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

  it('has every member of the policy that the API answers, with the same value', async () => {
    const { policy: ours } = toJson(await service.policies.policy(instance));
    const policy: object = Object(Reflect.get(await asked(`GET ${ADMIN}`), 'policy'));
    expect(policy).to.have.deep.property('idps', [{ idpId: 'idp-1' }]);
    expect(ours).to.have.nested.property('idps[0].idpId', 'idp-1');
    Reflect.deleteProperty(policy, 'idps');
    expect(ours).to.deep.include(policy);
  });

  it('is what the API answers to a list, a history and a preview', async () => {
    const { policies } = service;
    const list = toJson(await policies.secondFactors(instance));
    expect(list['result']).to.deep.equal(
      Reflect.get(await asked(`POST ${ADMIN}/second_factors/_search`, {}), 'result'),
    );
    expect(toJson(await policies.history(instance))).to.deep.include(await asked(`GET ${ADMIN}/history`));
    const removal = {
      method: 'RemoveMultiFactorFromLoginPolicy',
      request: { type: 'MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION' },
    };
    const preview = await policies.preview(instance, { type: 'removeMultiFactor', factor: 'U2F_WITH_VERIFICATION' });
    expect(toJson(preview)).to.deep.include(await asked(`POST ${ADMIN}/_preview`, removal));
  });
});
