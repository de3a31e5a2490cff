import { freshInstance, orThrow, toJson } from '@login-policy/domain';
import { positionToString, START } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { acme, by, instance, openDesk, PASSKEY } from './policies.js';

describe('every answer of a read', () => {
  it('contains the position that it holds for', async () => {
    const { loginPolicies } = await openDesk();
    const added = orThrow(await loginPolicies.add(instance, freshInstance, by));
    const custom = orThrow(await loginPolicies.customize(acme, by));
    const { position: now } = custom;
    for (const owner of [instance, acme]) {
      expect(orThrow(await loginPolicies.policy(owner)).policy.position).to.equal(now);
      expect(orThrow(await loginPolicies.multiFactors(owner)).position).to.equal(now);
    }
    expect(orThrow(await loginPolicies.effectivePolicy(acme)).policy.position).to.equal(now);
    expect(orThrow(await loginPolicies.organizationsWithCustomPolicy(instance)).position).to.equal(now);
    const removed = orThrow(await loginPolicies.removeMultiFactor(instance, PASSKEY, by));
    const { before, after } = orThrow(
      await loginPolicies.diff(instance, { from: { position: added.position }, to: { position: removed.position } }),
    );
    expect([before?.position, after?.position]).to.deep.equal([added.position, removed.position]);
  });

  it('also for a history: the position of its last event, whichever part is read', async () => {
    const { loginPolicies } = await openDesk();
    const { position } = orThrow(await loginPolicies.add(instance, freshInstance, by));
    await loginPolicies.customize(acme, by);
    for (const limit of [1, 100]) {
      expect(orThrow(await loginPolicies.history(instance, { limit })).position).to.equal(position);
    }
    expect(orThrow(await loginPolicies.history({ ...instance, organizationId: 'never' })).position).to.equal(START);
  });

  it('as JSON, too', async () => {
    const { loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, by);
    const { position } = orThrow(await loginPolicies.customize(acme, by));
    const answers = [
      await loginPolicies.history(acme),
      await loginPolicies.organizationsWithCustomPolicy(instance),
      await loginPolicies.identityProviders(acme),
    ];
    for (const answer of answers) expect(toJson(answer)).to.have.property('position', positionToString(position));
    const effective = toJson(await loginPolicies.effectivePolicy(acme));
    expect(effective).to.have.nested.property('policy.position', positionToString(position));
  });
});
