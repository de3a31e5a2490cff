import { freshInstance, openLoginPolicies, orThrow } from '@login-policy/domain';
import { openMemoryStore } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { by, instance } from './policies.js';

describe('a policy that was answered', () => {
  it('can not be changed for those who are answered next, now and as it was', async () => {
    const policies = await openLoginPolicies({ store: openMemoryStore() });
    orThrow(await policies.add(instance, freshInstance, by));
    for (const options of [{}, { asOf: { sequence: 1n } }]) {
      const { policy } = orThrow(await policies.policy(instance, options));
      for (const part of [policy.secondFactors, policy.multiFactors, policy.settings, policy.settings.lifetimes]) {
        expect(Object.isFrozen(part)).to.equal(true);
      }
    }
    await policies.close();
  });
});
