import { evaluateSignIn } from '@login-policy/domain';
import { ABSENT, compareSignIns, type LoginPolicy } from '@login-policy/domain/model';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { PASSKEY, policyAdded, policyAfter } from './policies.js';
import { states } from './sign-in-arbitraries.js';
import { policyOf, signInOf, type State } from './sign-in-states.js';

const of = (content: Parameters<typeof policyAdded>[0]): LoginPolicy => policyAfter(...policyAdded(content));

/** A policy with passkeys, whose check lasts this long. */
function lasting(multiFactorCheck: string): LoginPolicy {
  return of({
    multiFactors: [PASSKEY],
    settings: { passwordlessType: 'ALLOWED', lifetimes: { ...lifetimesOf(of({})), multiFactorCheck } },
  });
}

const TABLE: readonly (readonly [
  title: string,
  before: LoginPolicy,
  after: LoginPolicy,
  weakened: boolean,
  strengthened: boolean,
])[] = [
  ['nothing', of({ secondFactors: ['TOTP'] }), of({ secondFactors: ['TOTP'] }), false, false],
  ['a passkey comes', of({}), of({ multiFactors: [PASSKEY] }), true, false],
  ['a passkey goes', of({ multiFactors: [PASSKEY] }), of({}), false, true],
  // A session with it no longer suffices for requests of two factors.
  ['the only second factor goes, and nothing requires one', of({ secondFactors: ['TOTP'] }), of({}), true, true],
  [
    'a second factor is required',
    of({ secondFactors: ['TOTP'] }),
    of({ secondFactors: ['TOTP'], settings: { forceMfa: true } }),
    false,
    true,
  ],
  [
    'one second factor takes the place of another',
    of({ secondFactors: ['TOTP'] }),
    of({ secondFactors: ['U2F'] }),
    true,
    true,
  ],
  [
    'a lifetime is shortened',
    of({}),
    of({ settings: { lifetimes: { ...lifetimesOf(of({})), passwordCheck: 'PT1H' } } }),
    false,
    true,
  ],
  // Of zero: a check made since the request counts at any age, and an earlier one at none.
  ['a lifetime of zero becomes a millisecond', lasting('PT0S'), lasting('PT0.001S'), true, true],
  ['a lifetime of zero becomes an hour', lasting('PT0S'), lasting('PT1H'), true, true],
  ['a recorded lifetime is longer than all of time', lasting('P200000001D'), lasting('P300000001D'), false, false],
  ['a recorded lifetime was longer than all of time', lasting('P200000001D'), lasting('PT1H'), false, true],
  ['no policy holds any more', of({}), ABSENT, false, true],
  ['no policy holds before and after', ABSENT, ABSENT, false, false],
  ['what no sign-in is judged by', of({}), of({ settings: { hidePasswordReset: true } }), false, false],
];

function lifetimesOf(policy: LoginPolicy) {
  if (policy.stage !== 'active') throw new Error('a policy is in force');
  return policy.settings.lifetimes;
}

const RULES = [
  'second',
  'multiFactor',
  'passwordless',
  'password',
  'external',
  'providers',
  'force',
  'lifetimes',
] as const;

describe('the effect of a change on sign-ins', () => {
  for (const [title, before, after, weakened, strengthened] of TABLE) {
    it(`matches the judgement when ${title}`, () => {
      expect(compareSignIns(before, after)).to.deep.equal({ weakened, strengthened });
      expect(compareSignIns(after, before)).to.deep.equal({ weakened: strengthened, strengthened: weakened });
    });
  }

  it('includes every sign-in that is judged differently afterwards', () => {
    fc.assert(
      fc.property(states, states, fc.constantFrom(...RULES), (one, another, changed) => {
        const other = { ...one, [changed]: another[changed] };
        const signIn = signInOf(one);
        const [before, after] = [one, other].map(
          (state) => evaluateSignIn(policyOf(state), signIn).outcome === 'proceed',
        );
        const compared = compareSignIns(active(one), active(other));
        if (before === true && after === false) expect(compared.strengthened).to.equal(true);
        if (before === false && after === true) expect(compared.weakened).to.equal(true);
      }),
      { numRuns: 20_000 },
    );
  });
});

function active(state: State): LoginPolicy {
  const { settings, secondFactors, multiFactors, identityProviders } = Object(policyOf(state));
  return { stage: 'active', settings, secondFactors, multiFactors, identityProviders };
}
