import { defaultSettings, orThrow, type IdentityProvider } from '@login-policy/domain';
import {
  decide,
  diffPolicies,
  loginPolicyDecider,
  loginPolicyEvents,
  parseIdentityProviderId,
  type LoginPolicy,
} from '@login-policy/domain/model';
import { deciderSpecification } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  acme,
  ACME_STREAM,
  by,
  instance,
  openDesk,
  policyAdded,
  recordAsItStands,
  rejectionOf,
  type Desk,
} from './policies.js';

const given = deciderSpecification(loginPolicyDecider, { streamId: ACME_STREAM });

function links(count: number): readonly IdentityProvider[] {
  return Array.from({ length: count }, (_, index) => ({
    id: parseIdentityProviderId(`idp-${index}`, 'id'),
    ownerType: 'ORG',
  }));
}

function systemLinks(count: number): readonly IdentityProvider[] {
  return links(count).map(({ id }) => ({ id, ownerType: 'SYSTEM' }));
}

async function recordLinks({ store }: Desk, count: number): Promise<void> {
  const [added] = policyAdded().map((event) => loginPolicyEvents.encode(event));
  if (added === undefined) throw new Error('unreachable');
  const data = links(count).map((identityProvider) => ({ identityProvider }));
  await recordAsItStands(store, [added, ...data.map((one) => ({ type: 'IdentityProviderAdded', data: one }))]);
}

describe('the identity providers linked to a policy', () => {
  it('are at most 200: a new policy with more is refused; duplicates do not count', async () => {
    const { loginPolicies } = await openDesk();
    const policy = { settings: defaultSettings, identityProviders: links(201) };
    const rejection = rejectionOf(await loginPolicies.add(acme, policy, by));
    expect(rejection).to.include({ reason: 'invalid-argument', field: 'identityProviders', received: '201' });
    orThrow(await loginPolicies.add(instance, {}, by));
    const late = rejectionOf(await loginPolicies.add(instance, { identityProviders: systemLinks(201) }, by));
    expect(late, 'as input, before it is looked at').to.include({ reason: 'invalid-argument', received: '201' });
    const twice = [...links(200), ...links(200)];
    expect(await loginPolicies.add(acme, { ...policy, identityProviders: twice }, by)).to.include({
      outcome: 'accepted',
    });
  });

  it('are at most 200: the 201st is refused with its id', async () => {
    const { loginPolicies } = await openDesk();
    await loginPolicies.add(acme, { settings: defaultSettings, identityProviders: links(200) }, by);
    const rejection = rejectionOf(await loginPolicies.addIdentityProvider(acme, { id: 'x', ownerType: 'ORG' }, by));
    expect(rejection).to.include({ reason: 'invalid-argument', field: 'identityProvider' });
    await loginPolicies.removeIdentityProvider(acme, 'idp-7', by);
    const answer = await loginPolicies.addIdentityProvider(acme, { id: 'x', ownerType: 'ORG' }, by);
    expect(answer.outcome).to.equal('accepted');
  });

  it('that are already linked are refused as such, also at the limit', () => {
    const [first, ...others] = links(200);
    if (first === undefined) throw new Error('unreachable');
    given(...policyAdded({ identityProviders: [first, ...others] }))
      .when({ type: 'addIdentityProvider', identityProvider: first })
      .thenRejected({ reason: 'identity-provider-already-exists', id: first.id });
  });
});

describe('a policy that was recorded with more identity providers than are allowed today', () => {
  it('is read, accepts no more, and can be reduced one by one', async () => {
    const desk = await openDesk();
    await recordLinks(desk, 300);
    const { loginPolicies } = desk;
    expect(orThrow(await loginPolicies.identityProviders(acme)).items).to.have.length(300);
    const full = await loginPolicies.addIdentityProvider(acme, { id: 'x', ownerType: 'ORG' }, by);
    expect(rejectionOf(full)).to.include({ reason: 'invalid-argument', field: 'identityProvider' });
    expect((await loginPolicies.removeIdentityProvider(acme, 'idp-0', by)).outcome).to.equal('accepted');
    expect(orThrow(await loginPolicies.history(acme)).entries).to.have.length(100);
  });

  it('is not restored by a revert', async () => {
    const desk = await openDesk();
    await recordLinks(desk, 300);
    const { loginPolicies } = desk;
    orThrow(await loginPolicies.remove(acme, by));
    const rejection = rejectionOf(await loginPolicies.revert(acme, { sequence: 301n }, by));
    expect(rejection).to.include({ reason: 'invalid-argument', field: 'identityProviders' });
  });
});

describe('reverting a policy of many links', () => {
  it('takes linear time (Q41)', () => {
    let looks = 0;
    const counted = links(5000).map(({ id, ownerType }) => ({
      ownerType,
      get id() {
        looks++;
        return id;
      },
    }));
    const facts = { model: policyWith(counted.slice(0, 2500)), unknownIdentityProviders: new Set<never>() };
    const revert = { type: 'revert', to: { sequence: 1n } } as const;
    const decision = decide(revert, policyWith(counted), { owner: 'organization', facts });
    expect(decision).to.have.property('events').that.has.lengthOf(2500);
    expect(looks).to.be.lessThan(10 * counted.length);
  });
});

describe('the difference between two policies', () => {
  it('takes linear time for 100,000 links', () => {
    const [left, right] = [policyWith(links(100_000)), policyWith(links(100_001).toReversed())];
    expect(diffPolicies(left, right)).to.have.length(1);
  });
});

function policyWith(identityProviders: readonly IdentityProvider[]): LoginPolicy {
  return { stage: 'active', settings: defaultSettings, secondFactors: [], multiFactors: [], identityProviders };
}
