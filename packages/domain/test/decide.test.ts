import {
  defaultSettings,
  loginPolicyDecider,
  parseIdentityProviderId,
  type IdentityProvider,
} from '@login-policy/domain';
import { deciderSpecification } from '@login-policy/testkit';
import { Duration } from 'luxon';
import { describe, it } from 'mocha';
import { PASSKEY, policyAdded } from './policies.js';

const given = deciderSpecification(loginPolicyDecider);
const id = parseIdentityProviderId('idp-1', 'id');
const identityProvider: IdentityProvider = { id, ownerType: 'ORG' };
const nothing = { secondFactors: [], multiFactors: [], identityProviders: [] } as const;

describe('adding a login policy', () => {
  it('records the settings, then each factor and identity provider in the order given', () =>
    given()
      .when({
        type: 'AddLoginPolicy',
        data: {
          settings: defaultSettings,
          secondFactors: ['U2F', 'TOTP'],
          multiFactors: [PASSKEY],
          identityProviders: [{ identityProvider, existence: 'exists' }],
        },
      })
      .thenEvents(
        { type: 'LoginPolicyAdded', data: { settings: defaultSettings } },
        { type: 'SecondFactorAdded', data: { factor: 'U2F' } },
        { type: 'SecondFactorAdded', data: { factor: 'TOTP' } },
        { type: 'MultiFactorAdded', data: { factor: PASSKEY } },
        { type: 'IdentityProviderAdded', data: { identityProvider } },
      ));

  it('is refused while there is one', () =>
    given(...policyAdded())
      .when({ type: 'AddLoginPolicy', data: { settings: defaultSettings, ...nothing } })
      .thenRejected({ reason: 'policy-already-exists' }));

  it('is granted again after a removal', () =>
    given(...policyAdded(), { type: 'LoginPolicyRemoved', data: {} })
      .when({ type: 'AddLoginPolicy', data: { settings: defaultSettings, ...nothing } })
      .thenEvents({ type: 'LoginPolicyAdded', data: { settings: defaultSettings } }));

  it('is refused as a whole when one identity provider is unknown', () =>
    given()
      .when({
        type: 'AddLoginPolicy',
        data: {
          ...nothing,
          settings: defaultSettings,
          identityProviders: [{ identityProvider, existence: 'unknown' }],
        },
      })
      .thenRejected({ reason: 'identity-provider-not-found', id }));
});

describe('changing a login policy', () => {
  it('records only what differs', () =>
    given(...policyAdded())
      .when({ type: 'ChangeLoginPolicy', data: { settings: { forceMfa: true, allowRegister: true } } })
      .thenEvents({ type: 'LoginPolicyChanged', data: { settings: { forceMfa: true } } }));

  it('records only the lifetimes that differ, whatever units they are written in', () =>
    given(...policyAdded())
      .when({
        type: 'ChangeLoginPolicy',
        data: {
          settings: {
            lifetimes: {
              passwordCheck: Duration.fromObject({ days: 10 }),
              multiFactorCheck: Duration.fromObject({ hours: 1 }),
            },
          },
        },
      })
      .thenEvents({
        type: 'LoginPolicyChanged',
        data: { settings: { lifetimes: { multiFactorCheck: Duration.fromObject({ hours: 1 }) } } },
      }));

  it('is granted without an event when nothing differs', () =>
    given(...policyAdded())
      .when({ type: 'ChangeLoginPolicy', data: { settings: { ...defaultSettings } } })
      .thenEvents());

  it('is refused where there is no policy', () =>
    given()
      .when({ type: 'ChangeLoginPolicy', data: { settings: { forceMfa: true } } })
      .thenRejected({ reason: 'policy-not-found' }));
});

describe('removing a login policy', () => {
  it('records the removal', () =>
    given(...policyAdded())
      .when({ type: 'RemoveLoginPolicy' })
      .thenEvents({ type: 'LoginPolicyRemoved', data: {} }));

  it('is refused where there is none, also when it was removed before', () =>
    given(...policyAdded(), { type: 'LoginPolicyRemoved', data: {} })
      .when({ type: 'RemoveLoginPolicy' })
      .thenRejected({ reason: 'policy-not-found' }));
});

describe('adding a second factor', () => {
  it('records it', () =>
    given(...policyAdded())
      .when({ type: 'AddSecondFactor', data: { factor: 'OTP_SMS' } })
      .thenEvents({ type: 'SecondFactorAdded', data: { factor: 'OTP_SMS' } }));

  it('is refused when it is on the policy', () =>
    given(...policyAdded({ secondFactors: ['TOTP'] }))
      .when({ type: 'AddSecondFactor', data: { factor: 'TOTP' } })
      .thenRejected({ reason: 'factor-already-exists', factor: 'TOTP' }));

  it('is refused where there is no policy', () =>
    given()
      .when({ type: 'AddSecondFactor', data: { factor: 'TOTP' } })
      .thenRejected({ reason: 'policy-not-found' }));
});

describe('removing a second factor', () => {
  it('records it, and the others keep their order', () =>
    given(...policyAdded({ secondFactors: ['TOTP', 'U2F', 'OTP_SMS'] }))
      .when({ type: 'RemoveSecondFactor', data: { factor: 'U2F' } })
      .thenEvents({ type: 'SecondFactorRemoved', data: { factor: 'U2F' } }));

  it('is refused when it is not on the policy', () =>
    given(...policyAdded({ secondFactors: ['TOTP'] }))
      .when({ type: 'RemoveSecondFactor', data: { factor: 'U2F' } })
      .thenRejected({ reason: 'factor-not-on-policy', factor: 'U2F' }));

  it('is refused where there is no policy', () =>
    given()
      .when({ type: 'RemoveSecondFactor', data: { factor: 'U2F' } })
      .thenRejected({ reason: 'policy-not-found' }));
});

describe('adding a multi-factor', () => {
  it('records it', () =>
    given(...policyAdded())
      .when({ type: 'AddMultiFactor', data: { factor: PASSKEY } })
      .thenEvents({ type: 'MultiFactorAdded', data: { factor: PASSKEY } }));

  it('is refused when it is on the policy', () =>
    given(...policyAdded({ multiFactors: [PASSKEY] }))
      .when({ type: 'AddMultiFactor', data: { factor: PASSKEY } })
      .thenRejected({ reason: 'factor-already-exists', factor: PASSKEY }));

  it('is refused where there is no policy', () =>
    given()
      .when({ type: 'AddMultiFactor', data: { factor: PASSKEY } })
      .thenRejected({ reason: 'policy-not-found' }));
});

describe('removing a multi-factor', () => {
  it('records it', () =>
    given(...policyAdded({ multiFactors: [PASSKEY] }))
      .when({ type: 'RemoveMultiFactor', data: { factor: PASSKEY } })
      .thenEvents({ type: 'MultiFactorRemoved', data: { factor: PASSKEY } }));

  it('is refused when the factor is not on the policy', () =>
    given(...policyAdded({ multiFactors: [] }))
      .when({ type: 'RemoveMultiFactor', data: { factor: PASSKEY } })
      .thenRejected({ reason: 'factor-not-on-policy', factor: PASSKEY }));

  it('is refused where there is no policy', () =>
    given()
      .when({ type: 'RemoveMultiFactor', data: { factor: PASSKEY } })
      .thenRejected({ reason: 'policy-not-found' }));
});

describe('adding an identity provider', () => {
  it('records it, when it exists or nobody was asked', () => {
    for (const existence of ['exists', 'unchecked'] as const) {
      given(...policyAdded())
        .when({ type: 'AddIdentityProvider', data: { identityProvider, existence } })
        .thenEvents({ type: 'IdentityProviderAdded', data: { identityProvider } });
    }
  });

  it('is refused when it is linked, before it is refused for being unknown', () =>
    given(...policyAdded({ identityProviders: [identityProvider] }))
      .when({ type: 'AddIdentityProvider', data: { identityProvider, existence: 'unknown' } })
      .thenRejected({ reason: 'identity-provider-already-exists', id }));

  it('is refused when the directory does not know it', () =>
    given(...policyAdded())
      .when({ type: 'AddIdentityProvider', data: { identityProvider, existence: 'unknown' } })
      .thenRejected({ reason: 'identity-provider-not-found', id }));

  it('is refused where there is no policy', () =>
    given()
      .when({ type: 'AddIdentityProvider', data: { identityProvider, existence: 'unknown' } })
      .thenRejected({ reason: 'policy-not-found' }));
});

describe('removing an identity provider', () => {
  it('records it', () =>
    given(...policyAdded({ identityProviders: [identityProvider] }))
      .when({ type: 'RemoveIdentityProvider', data: { id } })
      .thenEvents({ type: 'IdentityProviderRemoved', data: { id } }));

  it('is refused when it is not linked', () =>
    given(...policyAdded())
      .when({ type: 'RemoveIdentityProvider', data: { id } })
      .thenRejected({ reason: 'identity-provider-not-on-policy', id }));

  it('is refused where there is no policy', () =>
    given().when({ type: 'RemoveIdentityProvider', data: { id } }).thenRejected({ reason: 'policy-not-found' }));
});
