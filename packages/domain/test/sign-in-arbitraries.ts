import { evaluateSignIn, SECOND_FACTORS } from '@login-policy/domain';
import { SIGN_IN_LEVELS } from '@login-policy/domain/model';
import fc from 'fast-check';
import { lineOf, policyOf, signInOf, type State } from './sign-in-states.js';

/** The instant that {@link states} are judged at. */
export const AT = 50;
/** What a passkey is called on a policy. */
export const PASSKEY = 'U2F_WITH_VERIFICATION';
const FACTORS = [...SECOND_FACTORS, PASSKEY] as const;

const aTime = fc.integer({ min: 30, max: 60 });
const aLifetime = fc.constantFrom(0, 1, 3, 10, 40);
const aProvider = fc.constantFrom('p', 'q', 'r');

/** Any state whose times lie close to each other, so that a scan of time meets all that changes. */
export const states: fc.Arbitrary<State> = fc.record({
  password: fc.boolean(),
  external: fc.boolean(),
  force: fc.constantFrom('none' as const, 'local' as const, 'all' as const, 'both' as const),
  passwordless: fc.boolean(),
  multiFactor: fc.boolean(),
  second: fc.array(fc.constantFrom(...SECOND_FACTORS), { maxLength: 4 }),
  providers: fc.array(aProvider, { maxLength: 3 }),
  lifetimes: fc.record({
    password: aLifetime,
    external: aLifetime,
    second: aLifetime,
    passkey: aLifetime,
    skip: aLifetime,
  }),
  user: fc.record(
    {
      password: fc.boolean(),
      factors: fc.array(fc.constantFrom(...FACTORS), { maxLength: 4 }),
      linked: fc.array(aProvider, { maxLength: 3 }),
      skippedAt: aTime,
    },
    { requiredKeys: ['password', 'factors', 'linked'] },
  ),
  session: fc.record(
    {
      password: aTime,
      external: fc.record({ by: aProvider, at: aTime }),
      second: fc.array(fc.record({ factor: fc.constantFrom(...SECOND_FACTORS), at: aTime }), { maxLength: 3 }),
      passkey: fc.record({ at: aTime, verified: fc.boolean() }),
      expiresAt: aTime,
    },
    { requiredKeys: ['second'] },
  ),
  request: fc.record(
    { startedAt: aTime, maxAge: fc.constantFrom(0, 2, 10), level: fc.constantFrom(...SIGN_IN_LEVELS) },
    { requiredKeys: [] },
  ),
  at: fc.constant(AT),
});

/** The answer to a state, in a line. */
export function lineAt(state: State): string {
  return lineOf(evaluateSignIn(policyOf(state), signInOf(state)));
}
