import type { SecondFactor } from '../policy/factors.js';
import { allowsPasskeys, checksOf, counts, hasPasskey, type Checks } from './checks.js';
import type { ParsedRules } from './parse-rules.js';
import type { ParsedSignIn } from './parse-sign-in.js';
import type { SignInLevel } from './sign-in.js';

/** A sign-in under a policy: everything a judgement needs except the instant. */
export interface Case {
  readonly rules: ParsedRules;
  readonly signIn: ParsedSignIn;
  readonly checks: Checks;
  readonly canUsePasskey: boolean;
  /** From this instant on, the user is offered to set up a factor. */
  readonly offersFrom: number;
}

/** The next step for the user: signed in at a level, or something is missing. */
export type Step =
  SignInLevel | 'authenticate' | 'verify' | 'verify-passkey' | 'set-up' | 'no-factor-left' | 'level-not-reachable';

/** Prepares the judgement of a sign-in under a policy. */
export function caseOf(rules: ParsedRules, signIn: ParsedSignIn): Case {
  return {
    rules,
    signIn,
    checks: checksOf(rules, signIn),
    canUsePasskey: hasPasskey(rules, signIn),
    offersFrom: offersFrom(rules, signIn),
  };
}

function offersFrom({ settings }: ParsedRules, { user }: ParsedSignIn): number {
  if (settings.mfaInitSkip <= 0) return Number.POSITIVE_INFINITY;
  const { mfaInitSkippedAt } = user;
  return mfaInitSkippedAt === undefined ? Number.NEGATIVE_INFINITY : mfaInitSkippedAt + Math.ceil(settings.mfaInitSkip);
}

/** Judges at an instant whether the sign-in is enough (docs/how-to/sign-in.md#rules). */
export function stepAt(of: Case, at: number): Step {
  const { canUsePasskey, checks, rules, signIn } = of;
  const { level } = signIn.request;
  if (counts(checks.passkey, at)) return 'passkey';
  if (level === 'passkey' && !canUsePasskey) return 'level-not-reachable';
  const isExternal = counts(checks.externalLogin, at);
  if (!isExternal && !counts(checks.password, at)) return 'authenticate';
  if (level === 'passkey') return 'verify-passkey';
  if (rules.secondFactors.some((factor) => signIn.user.factors.includes(factor))) {
    return checks.secondFactors.some((check) => counts(check, at)) ? 'two-factors' : 'verify';
  }
  const isForced = rules.settings.forceMfa || (rules.settings.forceMfaLocalOnly && !isExternal);
  if (!isForced && level === 'one-factor') return 'one-factor';
  if (canUsePasskey) return 'verify-passkey';
  if (canSetUpPasskey(of) || rules.secondFactors.some((factor) => canSetUp(of, factor))) return 'set-up';
  return isForced ? 'no-factor-left' : 'level-not-reachable';
}

/**
 * Whether the policy allows a factor that the user lacks. Recovery codes are set up beside another factor, never alone.
 */
export function canSetUp({ rules, signIn }: Case, factor: SecondFactor): boolean {
  return factor !== 'RECOVERY_CODES' && rules.secondFactors.includes(factor) && !signIn.user.factors.includes(factor);
}

/** Whether the policy allows passkeys and the user lacks one. */
export function canSetUpPasskey({ rules, signIn }: Case): boolean {
  return allowsPasskeys(rules) && !signIn.user.factors.includes('U2F_WITH_VERIFICATION');
}

/** Whether a session is enough: then the step is the level that it reaches. */
export function isLevel(step: Step): step is SignInLevel {
  return step === 'one-factor' || step === 'two-factors' || step === 'passkey';
}
