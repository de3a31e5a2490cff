import { defaultSettings, freshInstance, orThrow, type LoginPolicies } from '@login-policy/domain';
import { parseOwner, policyStream } from '@login-policy/domain/model';
import type { Json } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { Duration } from 'luxon';
import { describe, it } from 'mocha';
import { acme, by, instance, openDesk } from './policies.js';

/** As events have them: a `Duration` is its ISO 8601 text in JSON. */
async function settingsOf(loginPolicies: LoginPolicies): Promise<Json> {
  return JSON.parse(JSON.stringify(orThrow(await loginPolicies.policy(acme)).policy.settings));
}

describe('a policy to add', () => {
  it('names only settings that differ from the default, but all are recorded', async () => {
    const { loginPolicies } = await openDesk();
    const multiFactorCheck = Duration.fromObject({ hours: 1 });
    const added = orThrow(
      await loginPolicies.add(acme, { settings: { forceMfa: true, lifetimes: { multiFactorCheck } } }, by),
    );
    const settings = {
      ...defaultSettings,
      forceMfa: true,
      lifetimes: { ...defaultSettings.lifetimes, multiFactorCheck: 'PT1H' },
    };
    expect(added.events[0]?.data).to.deep.equal({ settings });
    expect(await settingsOf(loginPolicies)).to.deep.equal(settings);
  });

  it('may omit all settings', async () => {
    const { loginPolicies } = await openDesk();
    orThrow(await loginPolicies.add(acme, {}, by));
    expect(await settingsOf(loginPolicies)).to.deep.equal(defaultSettings);
  });

  it('of a new instance names none, so that a new setting changes no fingerprint', async () => {
    const { store, loginPolicies } = await openDesk();
    expect(freshInstance).not.to.have.property('settings');
    orThrow(await loginPolicies.add(instance, freshInstance, { ...by, idempotencyKey: 'set-up' }));
    const receipt = await store.eventStore.receipt(policyStream(parseOwner(instance, 'owner')), 'set-up');
    expect(receipt?.fingerprint).to.equal('e6e2187ed864ed8309024f5b150a52b2ce64604970b01d766342db749cdf4b7f');
  });
});
