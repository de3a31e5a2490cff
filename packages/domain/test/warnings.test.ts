import type { IdentityProvider } from '@login-policy/domain';
import {
  type PolicyWarning,
  type WarningName,
  ABSENT,
  parseIdentityProviderId,
  warningsOf,
  warningsOfChange,
} from '@login-policy/domain/model';
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
const zero = {
  passwordCheck: 'PT0S',
  externalLoginCheck: 'PT0S',
  mfaInitSkip: 'PT0S',
  secondFactorCheck: 'PT0S',
  multiFactorCheck: 'PT0S',
};
const byPasskey = { passwordlessType: 'ALLOWED', allowUsernamePassword: false } as const;

const forced = { ...byPassword, forceMfa: true };

/** What each policy is warned of. */
const POLICIES: readonly (readonly [what: string, content: Content, ...warnings: WarningName[]])[] = [
  ['a factor is forced and there is none', { settings: forced }, 'no-factor-left'],
  ['one is forced for local users', { settings: { ...byPassword, forceMfaLocalOnly: true } }, 'no-factor-left'],
  [
    'one is forced for local users and all come by an identity provider',
    { settings: { ...byOthers, forceMfaLocalOnly: true }, identityProviders },
  ],
  ['a second factor is there for it', { settings: forced, secondFactors }],
  ['a passkey is there for it', { settings: { ...forced, passwordlessType: 'ALLOWED' }, multiFactors }],
  ['a passkey is there for it, but not allowed (Q18)', { settings: forced, multiFactors }, 'no-factor-left'],
  [
    'only recovery codes are there for it, which nobody sets up alone (Q18)',
    { settings: forced, secondFactors: ['RECOVERY_CODES'] },
    'no-factor-left',
  ],
  ['no factor is forced', { settings: byPassword }],
  ['a passkey is allowed and there is none', { settings: {}, secondFactors }],
  ['a passkey is there', { settings: {}, multiFactors }],
  ['there is no password', { settings: byOthers }, 'no-way-to-sign-in'],
  ['there is no password, and a factor is forced', { settings: { ...byOthers, forceMfa: true } }, 'no-way-to-sign-in'],
  ['a passkey is there but not allowed', { settings: byOthers, multiFactors }, 'no-way-to-sign-in'],
  ['a passkey is there in place of it', { settings: byPasskey, multiFactors }],
  ['none is there', { settings: byPasskey }, 'no-way-to-sign-in'],
  ['an identity provider is there in place of it', { settings: byOthers, identityProviders }],
  [
    'it may not be used',
    { settings: { ...byOthers, allowExternalIdp: false }, identityProviders },
    'no-way-to-sign-in',
  ],
  ['lifetimes of zero lock nobody out', { settings: { ...forced, lifetimes: zero }, secondFactors }],
];

describe('the warnings of a policy', () => {
  for (const [what, content, ...warnings] of POLICIES) {
    it(`${warnings.length === 0 ? 'and of nothing else: ' : ''}${what}`, () =>
      expect(namesOf(warningsOf(policyAfter(...policyAdded(content))))).to.deep.equal(warnings));
  }

  it('whatever lifetimes were recorded in a similar policy that was judged before', () => {
    // Of one kind that no other test judges.
    const content = { settings: { ...forced, allowUsernamePassword: true }, identityProviders };
    const lifetimes = { ...zero, passwordCheck: 'PT-1H', externalLoginCheck: 'PT-1H' };
    for (const settings of [{ ...content.settings, lifetimes }, content.settings])
      expect(namesOf(warningsOf(policyAfter(...policyAdded({ ...content, settings }))))).to.deep.equal([
        'no-factor-left',
      ]);
  });

  it('only if it exists', () => expect(warningsOf(ABSENT)).to.deep.equal([]));
});

/** What each change introduces; nothing of it stood before. */
const CHANGES: readonly (readonly [what: string, before: Content, after: Content, ...introduced: WarningName[]])[] = [
  ['a passkey is taken away', { multiFactors }, {}, 'weaker-sign-in'],
  ['passkeys are no longer allowed', { multiFactors }, { settings: byPassword, multiFactors }, 'weaker-sign-in'],
  ['a second factor is taken away', { secondFactors: ['TOTP', 'U2F'] }, { secondFactors }, 'weaker-sign-in'],
  [
    'a second factor is taken away, where one is forced',
    { settings: forced, secondFactors: ['TOTP', 'U2F'] },
    { settings: forced, secondFactors },
  ],
  [
    'a second factor is taken away, where one is forced for local users and some are not local',
    { settings: { forceMfaLocalOnly: true }, secondFactors: ['TOTP', 'U2F'], identityProviders },
    { settings: { forceMfaLocalOnly: true }, secondFactors, identityProviders },
    'weaker-sign-in',
  ],
  [
    'a passkey is taken away and nothing else is left',
    { settings: byPasskey, multiFactors },
    { settings: byPasskey },
    'no-way-to-sign-in',
  ],
  [
    'a second factor is taken away, and passwords take the place of an identity provider',
    { settings: byOthers, secondFactors, identityProviders },
    {},
    'weaker-sign-in',
  ],
  ['a factor is added', {}, { secondFactors, multiFactors }],
  ['a factor is no longer forced: who has one is asked for it', { settings: forced, secondFactors }, { secondFactors }],
  [
    'lifetimes of zero hide nothing',
    { settings: { lifetimes: zero }, secondFactors },
    { settings: { lifetimes: zero } },
    'weaker-sign-in',
  ],
];

describe('the warnings of a change', () => {
  for (const [what, before, after, ...introduced] of CHANGES) {
    it(`${introduced.length === 0 ? 'and of nothing else: ' : ''}${what}`, () => {
      const warnings = warningsOfChange(policyAfter(...policyAdded(before)), policyAfter(...policyAdded(after)));
      expect(namesOf(warnings.introduced)).to.deep.equal(introduced);
      expect(warnings.standing).to.deep.equal([]);
    });
  }

  it('without existing ones', () => {
    const stuck = policyAfter(...policyAdded({ settings: forced, multiFactors }));
    const still = policyAfter(...policyAdded({ settings: forced }));
    const warnings = warningsOfChange(stuck, still);
    expect(namesOf(warnings.standing)).to.deep.equal(['no-factor-left']);
    expect(warnings.introduced).to.deep.equal([]);
  });

  it('without those that it removes', () => {
    const stuck = policyAfter(...policyAdded({ settings: forced }));
    const mended = policyAfter(...policyAdded({ settings: forced, secondFactors }));
    expect(warningsOfChange(stuck, mended)).to.deep.equal({ introduced: [], standing: [] });
  });

  it('that leaves no policy: then nobody signs in. A first policy is compared with none', () => {
    const [open, stuck, shut] = [{}, { settings: forced }, { settings: byPasskey }].map((content) =>
      policyAfter(...policyAdded(content)),
    );
    if (open === undefined || stuck === undefined || shut === undefined) throw new Error('there are three');
    expect(namesOf(warningsOfChange(open, ABSENT).introduced)).to.deep.equal(['no-way-to-sign-in']);
    expect(namesOf(warningsOfChange(shut, ABSENT).standing)).to.deep.equal(['no-way-to-sign-in']);
    for (const standing of [ABSENT, open, stuck, shut])
      expect(warningsOfChange(ABSENT, standing).standing).to.deep.equal([]);
    expect(namesOf(warningsOfChange(ABSENT, stuck).introduced)).to.deep.equal(['no-way-to-sign-in', 'no-factor-left']);
    expect(namesOf(warningsOfChange(ABSENT, shut).introduced)).to.deep.equal(['no-way-to-sign-in']);
  });
});

function namesOf(warnings: readonly PolicyWarning[]): readonly WarningName[] {
  return warnings.map(({ warning, message }) => {
    expect(message).to.match(/^[A-Z].*\.$/);
    return warning;
  });
}
