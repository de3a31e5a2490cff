import { orThrow } from '@login-policy/domain';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { askOf, type Asked, type Reply } from './rest-client.js';
import { ACME, INSTANCE, openService, type Service } from './service.js';

const OWN = '/management/v1/policies/login';
const PASSKEYS = 'MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION';
const ACKNOWLEDGE = 'login-policy-acknowledge';
const organization = { 'x-zitadel-orgid': ACME };

describe('the guard over REST', () => {
  let service: Service;
  const remove = (headers: Record<string, string> = {}): Promise<Reply> =>
    askOf(service, `DELETE ${OWN}/multi_factors/${PASSKEYS}`, { headers: { ...organization, ...headers } });
  beforeEach(async () => {
    service = await openService({ guard: 'refuse' });
    const owner = { instanceId: INSTANCE, organizationId: ACME };
    const policy = { settings: { forceMfa: true }, multiFactors: ['U2F_WITH_VERIFICATION'] } as const;
    orThrow(await service.policies.add(owner, policy, { actor: 'set-up' }));
  });
  afterEach(() => service.close());

  it('refuses a removal that would lock people out, and its preview, with the warning as a detail', async () => {
    const refused = await remove();
    expect([refused.status, refused.at('code'), refused.at('details.0.id')]).to.deep.equal([400, 9, 'LP-POLICY-04']);
    expect(refused.at('details.1.id')).to.equal('no-way-to-sign-in');
    expect(refused.at('details.2.id')).to.equal('no-factor-left');
    expect(refused.at('details.2.message')).to.match(/^A second factor is required/);
    const asked: Asked = {
      headers: organization,
      body: { method: 'RemoveMultiFactorFromLoginPolicy', request: { type: PASSKEYS } },
    };
    expect((await askOf(service, `POST ${OWN}/_preview`, asked)).at()).to.deep.equal(refused.at());
  });

  it('accepts it with a header that acknowledges the warning', async () => {
    const wrong = await remove({ [ACKNOWLEDGE]: 'no-factor' });
    expect([wrong.status, wrong.at('details.0.id')]).to.deep.equal([400, 'LP-ARG-04']);
    for (const number of ['', '-1', '1.5', 'all', '9'.repeat(17)]) {
      const bad = await remove({ [ACKNOWLEDGE]: `no-factor-left, users-locked-out=${number}` });
      expect([bad.status, bad.at('details.0.id')], number).to.deep.equal([400, 'LP-ARG-04']);
    }
    expect((await remove({ [ACKNOWLEDGE]: 'no-way-to-sign-in, users-locked-out=12' })).status).to.equal(400);
    expect((await remove({ [ACKNOWLEDGE]: 'no-way-to-sign-in, no-factor-left' })).status).to.equal(200);
  });
});
