import { defaultSettings, type IdentityProvider } from '@login-policy/domain';
import { ABSENT, decide, loginPolicyDecider, parseIdentityProviderId } from '@login-policy/domain/model';
import { instant, START } from '@login-policy/event-sourcing';
import { deciderSpecification } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ACME_STREAM, INSTANCE_STREAM, PASSKEY, policyAdded, policyAfter } from './policies.js';

const given = deciderSpecification(loginPolicyDecider, { streamId: ACME_STREAM });
const id = parseIdentityProviderId('idp-1', 'id');
const identityProvider: IdentityProvider = { id, ownerType: 'ORG' };
const isUnknown = { unknownIdentityProviders: new Set([id]) };

describe('adding a login policy', () => {
  it('records the settings, then each factor and identity provider in the given order', () =>
    given()
      .when({
        type: 'add',
        policy: {
          settings: defaultSettings,
          secondFactors: ['U2F', 'TOTP'],
          multiFactors: [PASSKEY],
          identityProviders: [identityProvider],
        },
      })
      .thenEvents(
        { type: 'LoginPolicyAdded', data: { settings: defaultSettings } },
        { type: 'SecondFactorAdded', data: { factor: 'U2F' } },
        { type: 'SecondFactorAdded', data: { factor: 'TOTP' } },
        { type: 'MultiFactorAdded', data: { factor: PASSKEY } },
        { type: 'IdentityProviderAdded', data: { identityProvider } },
      ));

  it('is refused if there is one already', () =>
    given(...policyAdded())
      .when({ type: 'add', policy: { settings: defaultSettings } })
      .thenRejected({ reason: 'policy-already-exists' }));

  it('is granted again after a removal', () =>
    given(...policyAdded(), { type: 'LoginPolicyRemoved', data: {} })
      .when({ type: 'add', policy: { settings: defaultSettings } })
      .thenEvents({ type: 'LoginPolicyAdded', data: { settings: defaultSettings } }));

  it('is refused as a whole when one identity provider is unknown', () =>
    given()
      .when({ type: 'add', policy: { settings: defaultSettings, identityProviders: [identityProvider] } }, isUnknown)
      .thenRejected({ reason: 'identity-provider-not-found', id }));
});

describe('changing a login policy', () => {
  it('records only what differs', () =>
    given(...policyAdded())
      .when({ type: 'change', settings: { forceMfa: true, allowRegister: true } })
      .thenEvents({ type: 'LoginPolicyChanged', data: { settings: { forceMfa: true } } }));

  it('records only the lifetimes that differ', () =>
    given(...policyAdded())
      .when({
        type: 'change',
        settings: {
          lifetimes: { passwordCheck: 'PT240H', multiFactorCheck: 'PT1H' },
        },
      })
      .thenEvents({
        type: 'LoginPolicyChanged',
        data: { settings: { lifetimes: { multiFactorCheck: 'PT1H' } } },
      }));

  it('is granted without an event when nothing differs', () =>
    given(...policyAdded())
      .when({ type: 'change', settings: { ...defaultSettings } })
      .thenEvents());

  it('is refused where there is no policy', () =>
    given()
      .when({ type: 'change', settings: { forceMfa: true } })
      .thenRejected({ reason: 'policy-not-found' }));
});

describe('removing a login policy', () => {
  it('records the removal', () =>
    given(...policyAdded())
      .when({ type: 'remove' })
      .thenEvents({ type: 'LoginPolicyRemoved', data: {} }));

  it('is refused where there is none, also when it was removed before', () =>
    given(...policyAdded(), { type: 'LoginPolicyRemoved', data: {} })
      .when({ type: 'remove' })
      .thenRejected({ reason: 'policy-not-found' }));
});

describe('adding a second factor', () => {
  it('records it', () =>
    given(...policyAdded())
      .when({ type: 'addSecondFactor', factor: 'OTP_SMS' })
      .thenEvents({ type: 'SecondFactorAdded', data: { factor: 'OTP_SMS' } }));

  it('is refused when it is on the policy', () =>
    given(...policyAdded({ secondFactors: ['TOTP'] }))
      .when({ type: 'addSecondFactor', factor: 'TOTP' })
      .thenRejected({ reason: 'factor-already-exists', factor: 'TOTP' }));

  it('is refused where there is no policy', () =>
    given().when({ type: 'addSecondFactor', factor: 'TOTP' }).thenRejected({ reason: 'policy-not-found' }));
});

describe('removing a second factor', () => {
  it('records it, and the others keep their order', () =>
    given(...policyAdded({ secondFactors: ['TOTP', 'U2F', 'OTP_SMS'] }))
      .when({ type: 'removeSecondFactor', factor: 'U2F' })
      .thenEvents({ type: 'SecondFactorRemoved', data: { factor: 'U2F' } }));

  it('is refused when it is not on the policy', () =>
    given(...policyAdded({ secondFactors: ['TOTP'] }))
      .when({ type: 'removeSecondFactor', factor: 'U2F' })
      .thenRejected({ reason: 'factor-not-on-policy', factor: 'U2F' }));

  it('is refused where there is no policy', () =>
    given().when({ type: 'removeSecondFactor', factor: 'U2F' }).thenRejected({ reason: 'policy-not-found' }));
});

describe('adding a multi-factor', () => {
  it('records it', () =>
    given(...policyAdded())
      .when({ type: 'addMultiFactor', factor: PASSKEY })
      .thenEvents({ type: 'MultiFactorAdded', data: { factor: PASSKEY } }));

  it('is refused when it is on the policy', () =>
    given(...policyAdded({ multiFactors: [PASSKEY] }))
      .when({ type: 'addMultiFactor', factor: PASSKEY })
      .thenRejected({ reason: 'factor-already-exists', factor: PASSKEY }));

  it('is refused where there is no policy', () =>
    given().when({ type: 'addMultiFactor', factor: PASSKEY }).thenRejected({ reason: 'policy-not-found' }));
});

describe('removing a multi-factor', () => {
  it('records it', () =>
    given(...policyAdded({ multiFactors: [PASSKEY] }))
      .when({ type: 'removeMultiFactor', factor: PASSKEY })
      .thenEvents({ type: 'MultiFactorRemoved', data: { factor: PASSKEY } }));

  it('is refused when the factor is not on the policy', () =>
    given(...policyAdded({ multiFactors: [] }))
      .when({ type: 'removeMultiFactor', factor: PASSKEY })
      .thenRejected({ reason: 'factor-not-on-policy', factor: PASSKEY }));

  it('is refused where there is no policy', () =>
    given().when({ type: 'removeMultiFactor', factor: PASSKEY }).thenRejected({ reason: 'policy-not-found' }));
});

describe('adding an identity provider', () => {
  it('records it, when it exists or nobody was asked', () => {
    for (const facts of [{ unknownIdentityProviders: new Set<never>() }, undefined]) {
      given(...policyAdded())
        .when({ type: 'addIdentityProvider', identityProvider }, facts)
        .thenEvents({ type: 'IdentityProviderAdded', data: { identityProvider } });
    }
  });

  it('is refused when it is linked, before it is refused for being unknown', () =>
    given(...policyAdded({ identityProviders: [identityProvider] }))
      .when({ type: 'addIdentityProvider', identityProvider }, isUnknown)
      .thenRejected({ reason: 'identity-provider-already-exists', id }));

  it('is refused when the directory does not know it', () =>
    given(...policyAdded())
      .when({ type: 'addIdentityProvider', identityProvider }, isUnknown)
      .thenRejected({ reason: 'identity-provider-not-found', id }));

  it('is refused where there is no policy', () =>
    given()
      .when({ type: 'addIdentityProvider', identityProvider }, isUnknown)
      .thenRejected({ reason: 'policy-not-found' }));
});

describe('removing an identity provider', () => {
  it('records it', () =>
    given(...policyAdded({ identityProviders: [identityProvider] }))
      .when({ type: 'removeIdentityProvider', id })
      .thenEvents({ type: 'IdentityProviderRemoved', data: { id } }));

  it('is refused when it is not linked', () =>
    given(...policyAdded())
      .when({ type: 'removeIdentityProvider', id })
      .thenRejected({ reason: 'identity-provider-not-on-policy', id }));

  it('is refused where there is no policy', () =>
    given().when({ type: 'removeIdentityProvider', id }).thenRejected({ reason: 'policy-not-found' }));
});

describe("an instance's policy", () => {
  const ofInstance = deciderSpecification(loginPolicyDecider, { streamId: INSTANCE_STREAM });

  it('cannot be removed', () =>
    ofInstance(...policyAdded())
      .when({ type: 'remove' })
      .thenRejected({
        reason: 'invalid-argument',
        field: 'owner.organizationId',
        expected: 'an organization of the instance',
        received: 'undefined',
      }));

  it('cannot be reverted to a moment before it existed', () => {
    const facts = { model: ABSENT, unknownIdentityProviders: new Set<never>() };
    for (const [to, field, received] of [
      [{ sequence: 0n }, 'to.sequence', '0n'],
      [{ position: START }, 'to.position', '0n'],
      [{ instant: instant(0) }, 'to.instant', '"1970-01-01T00:00:00.000Z"'],
    ] as const) {
      const expected = 'a moment at which the instance had its policy';
      ofInstance(...policyAdded())
        .when({ type: 'revert', to }, facts)
        .thenRejected({ reason: 'invalid-argument', field, expected, received });
    }
    const undecided = (): unknown => decide({ type: 'revert', to: { sequence: 0n } }, ABSENT, { owner: 'instance' });
    expect(undecided).to.throw(TypeError, 'what the policy was then');
  });

  it('cannot link an identity provider of an organization, also not in a new policy or by a revert', () => {
    const refused = { reason: 'invalid-argument', expected: 'one of SYSTEM', received: '"ORG"' } as const;
    const field = 'identityProvider.ownerType';
    ofInstance(...policyAdded())
      .when({ type: 'addIdentityProvider', identityProvider })
      .thenRejected({ ...refused, field });
    ofInstance()
      .when({ type: 'add', policy: { identityProviders: [identityProvider] } })
      .thenRejected({ ...refused, field: 'identityProviders[0].ownerType' });
    const model = policyAfter(...policyAdded({ identityProviders: [identityProvider] }));
    ofInstance(...policyAdded())
      .when({ type: 'revert', to: { sequence: 1n } }, { model, unknownIdentityProviders: new Set() })
      .thenRejected({ ...refused, field });
  });
});
