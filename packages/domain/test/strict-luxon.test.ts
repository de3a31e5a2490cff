import { defaultSettings, evaluateSignIn, orThrow } from '@login-policy/domain';
import { expect } from 'chai';
import { Settings } from 'luxon';
import { after, before, describe, it } from 'mocha';
import { by, instance, openDesk, rejectionOf } from './policies.js';

describe('a program that has luxon throw on invalid values', () => {
  before(() => {
    Settings.throwOnInvalid = true;
  });

  after(() => {
    Settings.throwOnInvalid = false;
  });

  it('is refused a malformed lifetime like any other', async () => {
    const { loginPolicies } = await openDesk();
    orThrow(await loginPolicies.add(instance, {}, by));
    const rejection = rejectionOf(await loginPolicies.change(instance, { lifetimes: { mfaInitSkip: '1 hour' } }, by));
    expect(rejection).to.include({ reason: 'invalid-argument', field: 'settings.lifetimes.mfaInitSkip' });
    await loginPolicies.close();
  });

  it('has a sign-in with malformed durations rejected', () => {
    const policy = { settings: defaultSettings, secondFactors: [], multiFactors: [], identityProviders: [] };
    const signIn = {
      user: { hasPassword: true, factors: [], identityProviders: [] },
      session: { password: '2026-01-01T00:00:00Z' },
      at: '2026-01-01T00:00:00Z',
    };
    const lifetimes = { ...defaultSettings.lifetimes, passwordCheck: 'ten days' };
    const broken = { ...policy, settings: { ...defaultSettings, lifetimes } };
    expect(evaluateSignIn(policy, { ...signIn, request: { maxAge: '300' } }).outcome).to.equal('rejected');
    expect(evaluateSignIn(broken, signIn).outcome).to.equal('rejected');
  });
});
