import { instant } from '@login-policy/event-sourcing';
import { FACTORS, type MultiFactor, type SecondFactor } from '../policy/factors.js';
import type { ActivePolicy, LoginPolicy } from '../policy/login-policy.js';
import { caseOf, isLevel, stepAt, type Step } from './steps.js';
import { judgementOf } from './judgement.js';
import { parseRules, rulesOf, type ParsedRules } from './parse-rules.js';
import { NO_REQUEST, NO_SESSION, type ParsedSession, type ParsedUser } from './parse-sign-in.js';

/** A problem of a policy, or of a change, that the rules allow (docs/reference/login-policies.md#preview). */
export type WarningName = 'no-way-to-sign-in' | 'no-factor-left' | 'weaker-sign-in';

/** A warning, and its sentence for people. */
export interface PolicyWarning {
  readonly warning: WarningName;
  readonly message: string;
}

/** The warnings of a change. */
export interface ChangeWarnings {
  /** The warnings that the change causes. */
  readonly introduced: readonly PolicyWarning[];
  /** The warnings from before the change that remain. */
  readonly standing: readonly PolicyWarning[];
}

const SENTENCES: Readonly<Record<WarningName, string>> = {
  'no-way-to-sign-in':
    'Nobody could sign in: neither a password nor an identity provider nor a passkey would be allowed.',
  'no-factor-left':
    'A second factor is required, and users who have none could not set one up: they could not complete the sign-in.',
  'weaker-sign-in':
    'Nothing requires a second factor, so users who have set up only what is taken away would sign in with one factor.',
};

/** The warnings about whom a policy locks out, by the rules of sign-in; empty without a policy. */
export function warningsOf(policy: LoginPolicy): readonly PolicyWarning[] {
  return lockOutsOf(policy).map(named);
}

/** The warnings after a change: those it introduces and those that remain. */
export function warningsOfChange(before: LoginPolicy, after: LoginPolicy): ChangeWarnings {
  const [stood, stand] = [lockOutsOf(before), lockOutsAfter(before, after)];
  const introduced: WarningName[] = lockOutsIntroduced(before, after);
  if (isWeaker(rulesOf(before), rulesOf(after))) introduced.push('weaker-sign-in');
  return {
    introduced: introduced.map(named),
    standing: stand.filter((warning) => stood.includes(warning)).map(named),
  };
}

/** The warnings that a single policy can have: those about users who can't get in. */
export type LockOut = Exclude<WarningName, 'weaker-sign-in'>;

/** All lock-out warnings. */
export const LOCK_OUTS: readonly LockOut[] = ['no-way-to-sign-in', 'no-factor-left'];

/** The lock-outs that a change would introduce. */
export function lockOutsIntroduced(before: LoginPolicy, after: LoginPolicy): LockOut[] {
  const stood = lockOutsOf(before);
  return lockOutsAfter(before, after).filter((warning) => !stood.includes(warning));
}

/** Where a change leaves no policy, nobody signs in any more. */
function lockOutsAfter(before: LoginPolicy, after: LoginPolicy): readonly LockOut[] {
  return before.stage === 'active' && after.stage === 'absent' ? ['no-way-to-sign-in'] : lockOutsOf(after);
}

/** Warnings with their sentences. */
export function describeWarnings(warnings: readonly WarningName[]): readonly PolicyWarning[] {
  return warnings.map(named);
}

/** The lock-outs of a policy. Judged once for all similar policies, because every row of a policy asks. */
export function lockOutsOf(policy: LoginPolicy): readonly LockOut[] {
  if (policy.stage !== 'active') return NO_LOCK_OUTS;
  const kind = kindOf(policy);
  let lockOuts = judged.get(kind);
  if (lockOuts === undefined) {
    lockOuts = Object.freeze(lockOutsBy(parseRules(policy)));
    judged.set(kind, lockOuts);
  }
  return lockOuts;
}

const NO_LOCK_OUTS: readonly LockOut[] = [];
/** By {@link kindOf}: at most one entry for each combination of a dozen booleans. */
const judged = new Map<number, readonly LockOut[]>();

/**
 * Everything that {@link lockOutsBy} depends on. Lifetimes do not matter, because each check is made at the instant of
 * the judgement.
 */
function kindOf({ settings, secondFactors, multiFactors, identityProviders }: ActivePolicy): number {
  let kind = identityProviders.length > 0 ? 1 : 0;
  for (const isSo of [
    settings.allowUsernamePassword,
    settings.allowExternalIdp,
    settings.forceMfa,
    settings.forceMfaLocalOnly,
    settings.passwordlessType === 'ALLOWED',
  ])
    kind = kind * 2 + (isSo ? 1 : 0);
  const held: readonly string[] = [...secondFactors, ...multiFactors];
  for (const factor of FACTORS) kind = kind * 2 + (held.includes(factor) ? 1 : 0);
  return kind;
}

/** In place of the policy's own: a recorded one may be negative, and must not decide for all similar policies. */
const ANY_LIFETIMES = { passwordCheck: 1, externalLoginCheck: 1, secondFactorCheck: 1, multiFactorCheck: 1 };

function named(warning: WarningName): PolicyWarning {
  return { warning, message: SENTENCES[warning] };
}

function lockOutsBy(given: ParsedRules): LockOut[] {
  const rules = { ...given, settings: { ...given.settings, ...ANY_LIFETIMES } };
  const { identityProviders } = rules;
  const everything = { hasPassword: true, factors: FACTORS, identityProviders, mfaInitSkippedAt: undefined };
  const of = caseOf(rules, { user: everything, session: NO_SESSION, request: REQUEST });
  const judgement = judgementOf(of, stepAt(of, AT), { at: AT, validUntil: undefined });
  if (judgement.outcome === 'impossible') return ['no-way-to-sign-in'];
  // New users get here: past the first step, without a factor.
  const isStuck = firstSteps(identityProviders).some(
    (session) => stepOf(rules, { ...everything, factors: [] }, session) === 'no-factor-left',
  );
  return isStuck ? ['no-factor-left'] : [];
}

/** Whether a user with one factor, who got in with it, would get in without it and without another. */
function isWeaker(before: ParsedRules | undefined, after: ParsedRules | undefined): boolean {
  if (before === undefined || after === undefined) return false;
  const identityProviders = [...before.identityProviders, ...after.identityProviders];
  return FACTORS.some((factor) => {
    const user = { hasPassword: true, factors: [factor], identityProviders, mfaInitSkippedAt: undefined };
    // The change may also replace the first step.
    const [was, is] = [before, after].map((rules) =>
      firstSteps(rules.identityProviders).map((step) => stepOf(rules, user, { ...step, ...checkOf(factor) })),
    );
    return was?.some((step) => isLevel(step) && step !== 'one-factor') === true && is?.includes('one-factor') === true;
  });
}

/** Any instant: all checks and the request have the same one, so no lifetime has passed. */
const AT = instant(0);
const REQUEST = { ...NO_REQUEST, startedAt: AT };

/** A session of users who sign in here, and one of users of an identity provider. */
function firstSteps([identityProvider]: readonly string[]): readonly ParsedSession[] {
  const local = { ...NO_SESSION, password: AT };
  if (identityProvider === undefined) return [local];
  return [local, { ...NO_SESSION, externalLogin: { identityProvider, at: AT } }];
}

function checkOf(factor: SecondFactor | MultiFactor): Partial<ParsedSession> {
  if (factor === 'U2F_WITH_VERIFICATION') return { passkey: { at: AT, isUserVerified: true } };
  return { secondFactors: [{ factor, at: AT }] };
}

function stepOf(rules: ParsedRules, user: ParsedUser, session: ParsedSession): Step {
  return stepAt(caseOf(rules, { user, session, request: REQUEST }), AT);
}
