import { describeRejection } from '@login-policy/domain/model';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { askOf } from './rest-client.js';
import { openService, type Service } from './service.js';

describe('a change that older processes cannot read', () => {
  let service: Service;
  before(async () => {
    service = await openService();
  });
  after(() => service.close());

  it('is refused with 400 and its own id while new shapes are forbidden', async () => {
    const rejection = { reason: 'shape-not-yet-allowed', type: 'MultiFactorRemoved', schemaVersion: 2 } as const;
    // Today no shape is new, so the refusal is played.
    service.policies.execute = async () => ({ outcome: 'rejected', rejection, message: describeRejection(rejection) });
    const { at, status } = await askOf(service, 'DELETE /admin/v1/policies/login/multi_factors/1', {});
    expect([status, at('code'), at('details.0.id')]).to.deep.equal([400, 9, 'LP-COND-05']);
    expect(at('details.0.message')).to.match(/needs a MultiFactorRemoved of schema version 2, which older processes/);
    expect(service.failures).to.deep.equal([]);
  });
});
