import { expect } from 'chai';
import { describe, it } from 'mocha';
import { acknowledging, commandOf, conditionOf } from '../src/wire/command.js';
import { MULTI_FACTORS } from '../src/wire/factors.js';
import { policyAnswerOf, type Policy } from '../src/wire/policy.js';
import { INSTANCE, organization } from '../src/wire/scope.js';
import { wishedPolicy } from '../src/wire/wished.js';
import { compareThree } from '../src/words/policy-items.js';

const [passkeys = expect.fail('There is no multi-factor.')] = MULTI_FACTORS;

describe('a requested change', () => {
  it('becomes the method of the preview and the route of the command', () => {
    expect(commandOf({ wish: 'remove-factor', factor: passkeys }, INSTANCE, seen())).to.deep.equal({
      method: 'RemoveMultiFactorFromLoginPolicy',
      verb: 'DELETE',
      path: '/admin/v1/policies/login/multi_factors/MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION',
      request: { type: 'MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION' },
    });
  });

  it('contains every setting, because an update is a full replacement', () => {
    const wish = { wish: 'change-settings', patch: { forceMfa: true } } as const;
    const { request } = commandOf(wish, organization('acme'), seen());
    expect(Object.keys(request)).to.have.lengthOf(17);
    expect(request).to.include({ forceMfa: true, allowRegister: true, passwordCheckLifetime: '864000s' });
  });

  it('contains the owner type of an identity provider where the API accepts it, and escapes its id in a path', () => {
    const added = { wish: 'add-provider', id: 'a/b', owner: 'ORG' } as const;
    expect(commandOf(added, organization('acme'), seen())).to.include({ path: '/management/v1/policies/login/idps' });
    expect(commandOf(added, organization('acme'), seen()).request).to.deep.equal({
      idpId: 'a/b',
      ownerType: 'IDP_OWNER_TYPE_ORG',
    });
    expect(commandOf(added, INSTANCE, seen()).request).to.deep.equal({ idpId: 'a/b' });
    expect(commandOf({ wish: 'remove-provider', id: 'a/b' }, INSTANCE, seen())).to.include({
      method: 'RemoveIDPFromLoginPolicy',
      path: '/admin/v1/policies/login/idps/a%2Fb',
    });
  });

  it('customizes by a copy of the default', () => {
    const adding = { wish: 'add-custom' } as const;
    expect(commandOf(adding, organization('acme'), seen())).to.deep.equal({
      method: 'Customize',
      verb: 'POST',
      path: '/management/v1/policies/login/_customize',
      request: {},
    });
  });

  it('is previewed on the condition that everything is as it was seen (T51)', () => {
    expect(conditionOf({ ...seen(), seen: 'a~b' })).to.deep.equal({ 'login-policy-if-seen': 'a~b' });
    expect(conditionOf(seen()), 'after their own change').to.deep.equal({ 'if-match': '"7"' });
  });

  it('acknowledges only the named lock-out warnings', () => {
    expect(acknowledging([])).to.deep.equal({});
    const named = ['no-factor-left', 'no-way-to-sign-in'];
    expect(acknowledging(named)).to.deep.equal({ 'login-policy-acknowledge': 'no-factor-left, no-way-to-sign-in' });
  });

  it('is compared with the state that was seen and the current one', async () => {
    const wanted = await wishedPolicy({ wish: 'remove-factor', factor: passkeys }, INSTANCE, seen());
    const now = { ...seen(), settings: { ...seen().settings, forceMfa: true } };
    expect(compareThree(seen(), wanted, now)).to.deep.equal([
      { label: 'Passkeys (U2F with verification)', seen: 'on', wanted: 'off', now: 'on' },
      { label: 'Require a second factor', seen: 'off', wanted: 'off', now: 'on' },
    ]);
  });
});

/** A policy as the API answers it: false, empty and zero are left out, and recovery codes travel as a number. */
function seen(): Policy {
  const at = '2026-11-25T03:45:52.341Z';
  return policyAnswerOf({
    policy: {
      details: { sequence: '7', creationDate: at, changeDate: at, resourceOwner: '1' },
      allowRegister: true,
      passwordCheckLifetime: '864000s',
      secondFactors: ['SECOND_FACTOR_TYPE_OTP', 5],
      multiFactors: ['MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION'],
    },
  });
}
