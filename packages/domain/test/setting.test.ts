import { orThrow } from '@login-policy/domain';
import {
  ABSENT,
  NO_FACTS,
  diffPolicies,
  evolveAll,
  decide,
  loginPolicyDecider,
  type LoginPolicy,
} from '@login-policy/domain/model';
import { deciderSpecification } from '@login-policy/testkit';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { aSettingsChange, policies } from './arbitraries.js';
import { acme, ACME_STREAM, by, instance, openDesk, PASSKEY, policyAdded, rejectionOf } from './policies.js';

const given = deciderSpecification(loginPolicyDecider, { streamId: ACME_STREAM });

describe('setting a policy', () => {
  it('adds it if there is none, nor a default', () => {
    const content = { settings: { forceMfa: true }, multiFactors: [PASSKEY] } as const;
    given()
      .when({ type: 'set', policy: content }, { ...NO_FACTS, fallback: ABSENT })
      .thenEvents(...policyAdded(content));
  });

  it('changes differences in one step, and keeps omitted fields', () => {
    given(...policyAdded({ secondFactors: ['TOTP'], multiFactors: [PASSKEY] }))
      .when({ type: 'set', policy: { settings: { forceMfa: true, allowRegister: true }, secondFactors: ['U2F'] } })
      .thenEvents(
        { type: 'LoginPolicyChanged', data: { settings: { forceMfa: true } } },
        { type: 'SecondFactorRemoved', data: { factor: 'TOTP' } },
        { type: 'SecondFactorAdded', data: { factor: 'U2F' } },
      );
  });

  it('removes what an empty list omits', () => {
    given(...policyAdded({ multiFactors: [PASSKEY] }))
      .when({ type: 'set', policy: { multiFactors: [] } })
      .thenEvents({ type: 'MultiFactorRemoved', data: { factor: PASSKEY } });
  });

  it('records nothing when repeated, for any policy', () => {
    const told = fc.record({ settings: aSettingsChange, policy: policies });
    fc.assert(
      fc.property(policies, told, (policy, { policy: model, settings }) => {
        const lists = model.stage === 'active' ? model : {};
        const { secondFactors, multiFactors, identityProviders } = { ...EMPTY, ...lists };
        const command = { type: 'set', policy: { settings, secondFactors, multiFactors, identityProviders } } as const;
        const once = after(policy, command);
        expect(diffPolicies(once, after(once, command))).to.deep.equal([]);
      }),
    );
  });

  it('is refused as a whole, with the malformed field', async () => {
    const { loginPolicies, store } = await openDesk();
    orThrow(await loginPolicies.set(instance, { secondFactors: ['TOTP'] }, by));
    const wrong = JSON.parse('{ "secondFactors": ["U2F", "TOPT"] }');
    expect(rejectionOf(await loginPolicies.set(acme, wrong, by))).to.include({ field: 'secondFactors[1]' });
    const pinned = await loginPolicies.set(instance, { secondFactors: [] }, { ...by, ifSequence: 1n });
    expect(rejectionOf(pinned)).to.include({ reason: 'sequence-not-current' });
    const { events } = orThrow(await loginPolicies.set(instance, { secondFactors: ['TOTP'] }, by));
    expect(events).to.deep.equal([]);
    await loginPolicies.close();
    await store.close();
  });
});

const EMPTY = { secondFactors: [], multiFactors: [], identityProviders: [] };

function after(policy: LoginPolicy, command: Parameters<typeof decide>[0]): LoginPolicy {
  const decision = decide(command, policy, { owner: 'organization', facts: { ...NO_FACTS, fallback: ABSENT } });
  return decision.outcome === 'rejected' ? policy : evolveAll(policy, decision.events, 'organization');
}
