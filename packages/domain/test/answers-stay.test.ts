import { defaultSettings, freshInstance, openLoginPolicies, orThrow } from '@login-policy/domain';
import { ABSENT, NO_POLICY } from '@login-policy/domain/model';
import { openMemoryStore } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { by, instance } from './policies.js';

describe('shared constants of this package', () => {
  it('are frozen', () => {
    const shared = [defaultSettings, defaultSettings.lifetimes, ABSENT, NO_POLICY, freshInstance];
    for (const part of [...shared, freshInstance.secondFactors, freshInstance.multiFactors])
      expect(Object.isFrozen(part)).to.equal(true);
    expect(freshInstance).to.deep.equal({ secondFactors: ['TOTP', 'U2F'], multiFactors: ['U2F_WITH_VERIFICATION'] });
  });
});

describe('a returned policy', () => {
  it('is frozen, also as of a moment', async () => {
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
