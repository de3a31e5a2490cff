import { defaultSettings, freshInstance, orThrow, type Details } from '@login-policy/domain';
import { detailsToJson } from '@login-policy/domain/model';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { acme, by, instance, openDesk, PASSKEY } from './policies.js';

/** The clock of the desk shows 00:00:00 for the first append, 00:00:01 for the second, and so on. */
const at = (second: number): string => `2026-01-01T00:00:0${second}.000Z`;

function show(details: Details): string {
  const { sequence, creationDate, changeDate, resourceOwner } = detailsToJson(details);
  return `${sequence} ${creationDate} ${changeDate} ${resourceOwner}`;
}

describe('details', () => {
  it('of a creation contain the last event, and its time twice', async () => {
    const { loginPolicies } = await openDesk();
    const { details } = orThrow(await loginPolicies.add(instance, freshInstance, by));
    expect(show(details)).to.equal(`4 ${at(0)} ${at(0)} ${instance.instanceId}`);
  });

  it('of a change contain the last event, the time of creation and the time of change', async () => {
    const { loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, by);
    const { details } = orThrow(await loginPolicies.removeMultiFactor(instance, PASSKEY, by));
    expect(show(details)).to.equal(`5 ${at(0)} ${at(1)} ${instance.instanceId}`);
  });

  it('of a read are those of the last change', async () => {
    const { loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, by);
    const { details } = orThrow(await loginPolicies.removeMultiFactor(instance, PASSKEY, by));
    const { policy } = orThrow(await loginPolicies.policy(instance));
    expect(show(policy.details)).to.equal(show(details));
  });

  it('of a change without effect are those of the unchanged state', async () => {
    const { loginPolicies } = await openDesk();
    const added = orThrow(await loginPolicies.add(instance, freshInstance, by));
    const changed = orThrow(await loginPolicies.change(instance, { forceMfa: false }, by));
    expect(changed.events).to.deep.equal([]);
    expect(show(changed.details)).to.equal(show(added.details));
  });

  it('of a removal are those of the removed policy', async () => {
    const { loginPolicies } = await openDesk();
    await loginPolicies.add(acme, { settings: defaultSettings }, by);
    const { details } = orThrow(await loginPolicies.remove(acme, by));
    expect(show(details)).to.equal(`2 ${at(0)} ${at(1)} acme`);
  });

  it('of a policy that is added again begin anew, except for the sequence', async () => {
    const { loginPolicies } = await openDesk();
    await loginPolicies.add(acme, { settings: defaultSettings }, by);
    await loginPolicies.remove(acme, by);
    const { details } = orThrow(
      await loginPolicies.add(acme, { settings: defaultSettings, multiFactors: [PASSKEY] }, by),
    );
    expect(show(details)).to.equal(`4 ${at(2)} ${at(2)} acme`);
    const { policy } = orThrow(await loginPolicies.policy(acme));
    expect(show(policy.details)).to.equal(show(details));
  });

  it('of an organization without a custom policy are those of the default, owned by the instance', async () => {
    const { loginPolicies } = await openDesk();
    const { details } = orThrow(await loginPolicies.add(instance, freshInstance, by));
    const { policy } = orThrow(await loginPolicies.effectivePolicy(acme));
    expect(policy.isDefault).to.equal(true);
    expect(policy.owner).to.deep.equal(instance);
    expect(show(policy.details)).to.equal(show(details));
  });

  it('are in UTC', async () => {
    const { loginPolicies } = await openDesk();
    const { details } = orThrow(await loginPolicies.add(instance, freshInstance, by));
    expect(details.creationDate.zoneName).to.equal('UTC');
    expect(details.changeDate.zoneName).to.equal('UTC');
  });
});
