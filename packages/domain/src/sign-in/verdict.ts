import { instant } from '@login-policy/event-sourcing';
import type { MultiFactor, SecondFactor } from '../policy/factors.js';
import type { ParsedRules } from './parse-rules.js';
import { NO_REQUEST, NO_SESSION, type ParsedSession } from './parse-sign-in.js';
import type { SignInLevel } from './sign-in.js';
import { caseOf, stepAt } from './steps.js';
import type { LockOut } from '../policy/rejections.js';

/**
 * What a policy means for a user who shows all they have: the level they get in at, `set-up` if they have to set up a
 * factor first, or the step that locks them out.
 */
export type Verdict = SignInLevel | 'set-up' | LockOut;

/** What a user has set up. */
export interface SetUp {
  readonly hasPassword: boolean;
  readonly factors: readonly (SecondFactor | MultiFactor)[];
  /** The id of an identity provider that the user is linked to, of the policy's own if there is one. */
  readonly identityProvider: string | undefined;
}

/** Any instant: all checks and the request have the same one, so no lifetime has passed. */
const AT = instant(0);
const REQUEST = { ...NO_REQUEST, startedAt: AT };

/** Judges a user by a policy (docs/how-to/sign-in.md#rules). */
export function verdictOf(rules: ParsedRules, { hasPassword, factors, identityProvider }: SetUp): Verdict {
  const identityProviders = identityProvider === undefined ? [] : [identityProvider];
  const user = { hasPassword, factors, identityProviders, mfaInitSkippedAt: undefined };
  const session: ParsedSession = {
    ...NO_SESSION,
    password: hasPassword ? AT : undefined,
    externalLogin: identityProvider === undefined ? undefined : { identityProvider, at: AT },
    secondFactors: factors.filter((factor) => factor !== 'U2F_WITH_VERIFICATION').map((factor) => ({ factor, at: AT })),
    passkey: factors.includes('U2F_WITH_VERIFICATION') ? { at: AT, isUserVerified: true } : undefined,
  };
  const step = stepAt(caseOf(rules, { user, session, request: REQUEST }), AT);
  switch (step) {
    case 'one-factor':
    case 'two-factors':
    case 'passkey':
    case 'set-up':
    case 'no-factor-left':
      return step;
    case 'authenticate':
      return 'no-way-to-sign-in';
    // Everything was shown, and no level was requested: these lock out if a rule to come ever leads here.
    case 'verify':
    case 'verify-passkey':
    case 'level-not-reachable':
      return 'no-factor-left';
  }
}

/** Whether a user completes a sign-in, at once or after they set up a factor. */
export function completes(verdict: Verdict): verdict is Exclude<Verdict, LockOut> {
  return verdict !== 'no-way-to-sign-in' && verdict !== 'no-factor-left';
}
