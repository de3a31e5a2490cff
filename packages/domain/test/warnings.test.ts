import {
  ABSENT,
  parseIdentityProviderId,
  warningsOf,
  type IdentityProvider,
  type LoginPolicy,
  type WarningName,
} from '@login-policy/domain';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { PASSKEY, policyAdded, policyAfter } from './policies.js';

type Content = NonNullable<Parameters<typeof policyAdded>[0]>;

const multiFactors = [PASSKEY];
const secondFactors = ['TOTP'] as const;
const identityProviders: readonly IdentityProvider[] = [
  { id: parseIdentityProviderId('idp-1', 'id'), ownerType: 'SYSTEM' },
];
const byPassword = { passwordlessType: 'NOT_ALLOWED' } as const;
const byOthers = { ...byPassword, allowUsernamePassword: false };
const byPasskey = { passwordlessType: 'ALLOWED', allowUsernamePassword: false } as const;

/** What each policy is warned of. */
const POLICIES: readonly (readonly [what: string, content: Content, ...warnings: WarningName[]])[] = [
  ['a factor is forced and there is none', { settings: { ...byPassword, forceMfa: true } }, 'no-factor-left'],
  ['one is forced for local users', { settings: { ...byPassword, forceMfaLocalOnly: true } }, 'no-factor-left'],
  ['a second factor is there for it', { settings: { ...byPassword, forceMfa: true }, secondFactors }],
  ['a multi-factor is there for it', { settings: { ...byPassword, forceMfa: true }, multiFactors }],
  ['no factor is forced', { settings: byPassword }],
  ['a passkey is allowed and there is none', { settings: {}, secondFactors }, 'passwordless-without-factor'],
  ['a passkey is there', { settings: {}, multiFactors }],
  ['there is no password', { settings: byOthers }, 'no-way-to-sign-in'],
  ['a passkey is there but not allowed', { settings: byOthers, multiFactors }, 'no-way-to-sign-in'],
  ['a passkey is there in place of it', { settings: byPasskey, multiFactors }],
  ['none is there', { settings: byPasskey }, 'passwordless-without-factor', 'no-way-to-sign-in'],
  ['an identity provider is there in place of it', { settings: byOthers, identityProviders }],
  [
    'it may not be used',
    { settings: { ...byOthers, allowExternalIdp: false }, identityProviders },
    'no-way-to-sign-in',
  ],
];

describe('a policy is warned of what locks people out', () => {
  for (const [what, content, ...warnings] of POLICIES) {
    it(`${warnings.length === 0 ? 'and of nothing else: ' : ''}${what}`, () =>
      expect(namesOf(policyAfter(...policyAdded(content)))).to.deep.equal(warnings));
  }

  it('where there is one at all', () => expect(warningsOf(ABSENT)).to.deep.equal([]));
});

function namesOf(policy: LoginPolicy): readonly WarningName[] {
  return warningsOf(policy).map(({ warning }) => warning);
}
