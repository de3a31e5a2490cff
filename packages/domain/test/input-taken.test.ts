import { defaultSettings } from '@login-policy/domain';
import { previewCommand } from '@login-policy/domain/preview';
import { expect } from 'chai';
import { Duration } from 'luxon';
import { describe, it } from 'mocha';
import { acme, by, instance, openDesk } from './policies.js';

describe('input at the limits', () => {
  it('ignores members of a changed Object.prototype', async () => {
    const { loginPolicies } = await openDesk();
    Reflect.defineProperty(Object.prototype, 'ifSequence', { value: 99n, configurable: true });
    try {
      expect(await loginPolicies.add(instance, { settings: defaultSettings }, by)).to.include({ outcome: 'accepted' });
    } finally {
      Reflect.deleteProperty(Object.prototype, 'ifSequence');
    }
  });

  it('is accepted: ids of 200 characters of any script, long and zero lifetimes, custom schemes', async () => {
    const { loginPolicies } = await openDesk();
    const owner = { instanceId: '👩‍🚀'.repeat(40), organizationId: '/ %2F?#-ñ漢'.padEnd(200, '漢') };
    const settings = {
      ...defaultSettings,
      defaultRedirectUri: 'com.example.app:/callback',
      lifetimes: { ...defaultSettings.lifetimes, passwordCheck: Duration.fromObject({ days: 36_500 }) },
    };
    const lifetimes = { ...settings.lifetimes, mfaInitSkip: Duration.fromMillis(0) };
    expect(await loginPolicies.add(owner, { settings: { ...settings, lifetimes } }, by)).to.include({
      outcome: 'accepted',
    });
    const answer = await loginPolicies.effectivePolicy(owner);
    expect(answer).to.have.nested.property('policy.details.resourceOwner', owner.organizationId);
    expect(answer).to.have.nested.property('policy.settings.lifetimes.mfaInitSkip').satisfies(Duration.isDuration);
  });

  it('treats undefined as left out, except in an owner', async () => {
    const { loginPolicies } = await openDesk();
    await loginPolicies.add(instance, Object({ settings: undefined, secondFactors: undefined }), by);
    const settings = { forceMfa: undefined, lifetimes: { passwordCheck: undefined }, allowRegister: false };
    const options = { ...by, reason: undefined, signal: undefined, ifSequence: undefined };
    const changed = await loginPolicies.change(instance, Object(settings), Object(options));
    expect(changed)
      .to.have.nested.property('events[0].data')
      .that.deep.equals({ settings: { allowRegister: false } });
  });

  it('rejects with what a member throws while it is read', async () => {
    const { loginPolicies } = await openDesk();
    const command = Object.defineProperty({}, 'type', { enumerable: true, get: () => expect.fail('unreadable') });
    const answers = [
      loginPolicies.execute(acme, Object(command), by),
      previewCommand(loginPolicies, acme, Object(command)),
    ];
    for (const one of await Promise.allSettled(answers))
      expect(one).to.have.nested.property('reason.message', 'unreadable');
  });

  it('removes duplicates from lists, keeping the first', async () => {
    const { loginPolicies } = await openDesk();
    const idps = [
      { id: 'a', ownerType: 'ORG' },
      { id: 'a', ownerType: 'SYSTEM' },
    ] as const;
    const policy = {
      settings: defaultSettings,
      secondFactors: ['U2F', 'TOTP', 'U2F'] as const,
      identityProviders: idps,
    };
    await loginPolicies.add(acme, policy, by);
    expect(await loginPolicies.secondFactors(acme)).to.have.deep.property('items', ['U2F', 'TOTP']);
    expect(await loginPolicies.identityProviders(acme)).to.have.deep.property('items', [idps[0]]);
  });
});
