import { evolve, ABSENT, parseIdentityProviderId } from '@login-policy/domain/model';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { PASSKEY, policyAdded, policyAfter } from './policies.js';

describe('a policy evolving', () => {
  it('keeps factors in the order they were added, and one added again goes to the end', () => {
    const policy = policyAfter(
      ...policyAdded({ secondFactors: ['TOTP', 'U2F', 'OTP_SMS'] }),
      { type: 'SecondFactorRemoved', data: { factor: 'TOTP' } },
      { type: 'SecondFactorAdded', data: { factor: 'TOTP' } },
    );
    expect(policy).to.have.deep.property('secondFactors', ['U2F', 'OTP_SMS', 'TOTP']);
  });

  it('keeps identity providers in the order they were added', () => {
    const [one, two, three] = (['b', 'a', 'c'] as const).map((id) => ({
      id: parseIdentityProviderId(id, 'id'),
      ownerType: 'SYSTEM' as const,
    }));
    if (one === undefined || two === undefined || three === undefined) throw new Error('unreachable');
    const policy = policyAfter(...policyAdded({ identityProviders: [one, two, three] }), {
      type: 'IdentityProviderRemoved',
      data: { id: two.id },
    });
    expect(policy).to.have.deep.property('identityProviders', [one, three]);
  });

  it('has no factors when it is added again after a removal', () => {
    const removed = { type: 'LoginPolicyRemoved', data: {} } as const;
    const policy = policyAfter(...policyAdded({ multiFactors: [PASSKEY] }), removed, ...policyAdded());
    expect(policy).to.have.deep.property('multiFactors', []);
  });

  it('does not change a state in place', () => {
    const before = Object.freeze(policyAfter(...policyAdded({ secondFactors: ['TOTP'], multiFactors: [PASSKEY] })));
    if (before.stage === 'active') Object.freeze(before.secondFactors);
    evolve(before, { type: 'SecondFactorAdded', data: { factor: 'U2F' } }, 'instance');
    evolve(before, { type: 'LoginPolicyChanged', data: { settings: { forceMfa: true } } }, 'instance');
    expect(before).to.have.deep.property('secondFactors', ['TOTP']);
    expect(before).to.have.nested.property('settings.forceMfa', false);
  });

  it('refuses a history that no decision could have produced', () => {
    const removed = { type: 'MultiFactorRemoved', data: { factor: PASSKEY } } as const;
    expect(() => evolve(ABSENT, removed, 'instance')).to.throw(/follows no/);
    expect(() => policyAfter(...policyAdded(), ...policyAdded())).to.throw(/follows another/);
  });
});
