import { freshInstance, openLoginPolicies, orThrow } from '@login-policy/domain';
import {
  ABSENT,
  diffPolicies,
  effectivePolicy,
  evolveAll,
  decide,
  loginPolicyDecider,
  parseIdentityProviderId,
  type LoginPolicy,
  type PolicyFacts,
} from '@login-policy/domain/model';
import { previewCommand } from '@login-policy/domain/preview';
import { openMemoryStore } from '@login-policy/event-sourcing';
import { deciderSpecification } from '@login-policy/testkit';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { policies } from './arbitraries.js';
import {
  acme,
  ACME_STREAM,
  by,
  countEvents,
  globex,
  instance,
  openDesk,
  PASSKEY,
  policyAdded,
  policyAfter,
  rejectionOf,
} from './policies.js';

const given = deciderSpecification(loginPolicyDecider, { streamId: ACME_STREAM });
const provider = { id: parseIdentityProviderId('idp-1', 'id'), ownerType: 'SYSTEM' } as const;
const command = { type: 'customize' } as const;

function byDefault(model: LoginPolicy): PolicyFacts {
  return { fallback: model, unknownIdentityProviders: new Set() };
}

describe('customizing: copying the default to a custom policy', () => {
  it('records the default as an added policy', () => {
    const content = { settings: { forceMfa: true }, multiFactors: [PASSKEY], identityProviders: [provider] };
    given()
      .when(command, byDefault(policyAfter(...policyAdded(content))))
      .thenEvents(...policyAdded(content));
  });

  it('is refused if there is a custom policy already, or no default', () => {
    given(...policyAdded())
      .when(command, byDefault(policyAfter(...policyAdded())))
      .thenRejected({ reason: 'policy-already-exists' });
    given().when(command, byDefault(ABSENT)).thenRejected({ reason: 'default-policy-not-found' });
    given(...policyAdded())
      .when(command, byDefault(ABSENT))
      .thenRejected({ reason: 'policy-already-exists' });
  });

  it('is refused as a whole if an identity provider of the default no longer exists', () => {
    const model = policyAfter(...policyAdded({ identityProviders: [provider] }));
    given()
      .when(command, { fallback: model, unknownIdentityProviders: new Set([provider.id]) })
      .thenRejected({ reason: 'identity-provider-not-found', id: provider.id });
  });

  it('needs the default among the facts', () => {
    expect(() => decide(command, ABSENT, { owner: 'organization' })).to.throw(TypeError, 'what the default is');
  });

  it('does not change the effective policy, whatever the default is', () => {
    fc.assert(
      fc.property(policies, (model) => {
        const decision = decide(command, ABSENT, { owner: 'organization', facts: byDefault(model) });
        if (decision.outcome === 'rejected') return model.stage === 'absent';
        return diffPolicies(model, evolveAll(ABSENT, decision.events, 'organization')).length === 0;
      }),
    );
  });

  it('is not affected by later changes of the default, and is written once under its key', async () => {
    const store = openMemoryStore();
    const loginPolicies = await openLoginPolicies({ store });
    expect(rejectionOf(await loginPolicies.customize(acme, by)).reason).to.equal('default-policy-not-found');
    await loginPolicies.add(instance, freshInstance, by);
    const keyed = { ...by, idempotencyKey: 'once' };
    const first = orThrow(await loginPolicies.customize(acme, keyed));
    await loginPolicies.removeMultiFactor(instance, PASSKEY, by);
    const written = await countEvents(store);
    const again = orThrow(await loginPolicies.customize(acme, keyed));
    expect(again).to.deep.include({ details: first.details, isRepeated: true });
    expect(await countEvents(store)).to.equal(written);
    const met = async (owner: typeof acme): Promise<readonly string[]> =>
      orThrow(await loginPolicies.effectivePolicy(owner)).policy.multiFactors;
    expect([await met(acme), await met(globex)]).to.deep.equal([[PASSKEY], []]);
    await loginPolicies.close();
  });

  it('is replayed under its key, whatever the default is by then', async () => {
    const { loginPolicies } = await openDesk();
    orThrow(await loginPolicies.add(instance, freshInstance, by));
    const keyed = { ...by, idempotencyKey: 'once' };
    const { seen } = orThrow(await previewCommand(loginPolicies, acme, command));
    const first = orThrow(await loginPolicies.customize(acme, { ...keyed, ifSeen: seen }));
    orThrow(await loginPolicies.change(instance, { forceMfa: true }, by));
    for (const pin of [{}, { ifSeen: seen }]) {
      const again = orThrow(await loginPolicies.customize(acme, { ...keyed, ...pin }));
      expect(again).to.deep.include({ details: first.details, isRepeated: true });
    }
    await loginPolicies.close();
  });

  it('is refused for an instance', async () => {
    const loginPolicies = await openLoginPolicies({ store: openMemoryStore() });
    const refused = await loginPolicies.execute(instance, command, by);
    expect(rejectionOf(refused)).to.deep.include({ reason: 'invalid-argument', field: 'owner.organizationId' });
    const decision = decide(command, ABSENT, { owner: 'instance' });
    expect(decision).to.deep.include({ outcome: 'rejected' });
    await loginPolicies.close();
  });
});

describe('the effective policy', () => {
  it('is the whole custom policy, and the default is not read', () => {
    const custom = policyAfter(...policyAdded({ multiFactors: [PASSKEY] }));
    const unread = (): never => {
      throw new Error('the default was looked at');
    };
    expect(effectivePolicy(custom, unread)).to.equal(custom);
  });

  it('is the default if there is no custom policy', () => {
    const model = policyAfter(...policyAdded());
    expect(effectivePolicy(undefined, () => model)).to.equal(model);
    expect(effectivePolicy(undefined, () => undefined)).to.equal(undefined);
  });
});
