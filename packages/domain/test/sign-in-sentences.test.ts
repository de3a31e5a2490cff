import { describeSignIn, evaluateSignIn } from '@login-policy/domain';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { NOON, PLAIN, policyOf, signInOf, type State } from './sign-in-states.js';

const password = { session: { password: NOON, second: [] } };
const EVERYTHING = {
  password: true,
  factors: ['U2F_WITH_VERIFICATION', 'TOTP', 'RECOVERY_CODES'],
  linked: ['p'],
} as const;
const second = ['RECOVERY_CODES', 'TOTP'] as const;

const SENTENCES: readonly (readonly [sentence: string, state: Partial<State>])[] = [
  ['You are signed in.', password],
  ['Sign in with your password.', {}],
  ['Sign in with a passkey, your password or your account at p.', { user: EVERYTHING, providers: ['p'] }],
  ['Confirm that it is you, with an authenticator app or a recovery code.', { ...password, user: EVERYTHING, second }],
  [
    'A second factor is required. Set up a passkey, a security key or an authenticator app.',
    { ...password, force: 'all' },
  ],
  ['There is no way for you to sign in here. Please ask your administrator.', { password: false }],
  [
    'A second factor is required, and there is none that you can use or set up. Please ask your administrator.',
    { ...password, force: 'all', second: [], multiFactor: false },
  ],
  [
    'This needs a stronger sign-in than you can do. Set up a passkey in your account first, if you may.',
    { ...password, request: { level: 'passkey' } },
  ],
  ['Nobody can sign in at the moment. Please try again later.', { second: [], at: Number.NaN }],
];

describe('a user is told in a sentence', () => {
  for (const [sentence, part] of SENTENCES) {
    it(`“${sentence}”`, () => {
      const state = { ...PLAIN, ...part };
      expect(describeSignIn(evaluateSignIn(policyOf(state), signInOf(state)))).to.equal(sentence);
    });
  }
});
