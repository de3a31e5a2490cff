import { instant } from '@login-policy/event-sourcing';
import { MULTI_FACTORS, SECOND_FACTORS, type MultiFactor, type SecondFactor } from '../policy/factors.js';
import type { ActivePolicy, LoginPolicy } from '../policy/login-policy.js';
import { caseOf, stepAt } from './steps.js';
import { judgementOf } from './judgement.js';
import { parseRules, type ParsedRules } from './parse-rules.js';
import { NO_REQUEST, type ParsedSession, type ParsedUser } from './parse-sign-in.js';
import type { Judgement } from './sign-in.js';

/** What is wrong with a policy, or with a change of it, that the rules allow all the same (docs/reference/login-policies.md#preview). */
export type WarningName = 'no-way-to-sign-in' | 'no-factor-left' | 'weaker-sign-in';

/** A warning, and the sentence that says it to a person. */
export interface PolicyWarning {
  readonly warning: WarningName;
  readonly message: string;
}

/** The warnings of a change. */
export interface ChangeWarnings {
  /** What the change brings about. */
  readonly introduced: readonly PolicyWarning[];
  /** What was so before the change, and stays so. */
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

/** Warns of whom a policy locks out, as sign-ins are judged by it; nothing for a policy that is not there. */
export function warningsOf(policy: LoginPolicy): readonly PolicyWarning[] {
  return lockOutsOf(policy).map(named);
}

/** Warns of what users meet after a change that they did not meet before, and of what stays as it was. */
export function warningsOfChange(before: LoginPolicy, after: LoginPolicy): ChangeWarnings {
  const [stood, stand] = [lockOutsOf(before), lockOutsOf(after)];
  const introduced: WarningName[] = lockOutsIntroduced(before, after);
  if (isWeaker(rulesOf(before), rulesOf(after))) introduced.push('weaker-sign-in');
  return {
    introduced: introduced.map(named),
    standing: stand.filter((warning) => stood.includes(warning)).map(named),
  };
}

/** The warnings that a policy can stand under: those of somebody who can't get in. */
export type LockOut = Exclude<WarningName, 'weaker-sign-in'>;

/** All of them. */
export const LOCK_OUTS: readonly LockOut[] = ['no-way-to-sign-in', 'no-factor-left'];

/** Whom a change would lock out that nobody was locked out by before. */
export function lockOutsIntroduced(before: LoginPolicy, after: LoginPolicy): LockOut[] {
  const stood = lockOutsOf(before);
  return lockOutsOf(after).filter((warning) => !stood.includes(warning));
}

/** Says some warnings to a person. */
export function describeWarnings(warnings: readonly WarningName[]): readonly PolicyWarning[] {
  return warnings.map(named);
}

/** The warnings that a policy stands under. Every row of a policy asks: it is judged once for all policies that are alike. */
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
/** By {@link kindOf}: at most as many as there are combinations of a dozen yes and no. */
const judged = new Map<number, readonly LockOut[]>();

/** All that the judgement of {@link lockOutsBy} depends on. Lifetimes do not count: each check is made at the instant of the judgement. */
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
  for (const factor of SECOND_FACTORS) kind = kind * 2 + (secondFactors.includes(factor) ? 1 : 0);
  for (const factor of MULTI_FACTORS) kind = kind * 2 + (multiFactors.includes(factor) ? 1 : 0);
  return kind;
}

function named(warning: WarningName): PolicyWarning {
  return { warning, message: SENTENCES[warning] };
}

function rulesOf(policy: LoginPolicy): ParsedRules | undefined {
  return policy.stage === 'active' ? parseRules(policy) : undefined;
}

function lockOutsBy(rules: ParsedRules): LockOut[] {
  const { identityProviders } = rules;
  const everything = { hasPassword: true, factors: FACTORS, identityProviders, mfaInitSkippedAt: undefined };
  if (verdictOn(rules, everything, NOTHING).outcome === 'impossible') return ['no-way-to-sign-in'];
  // New users are in this place: past the first step, and no factor set up yet.
  const isStuck = firstSteps(identityProviders).some((session) => {
    const verdict = verdictOn(rules, { ...everything, factors: [] }, session);
    return verdict.outcome === 'impossible' && verdict.reason === 'no-factor-left';
  });
  return isStuck ? ['no-factor-left'] : [];
}

/** Whether somebody with just one factor, who had to use it, would get in without it and without another. */
function isWeaker(before: ParsedRules | undefined, after: ParsedRules | undefined): boolean {
  if (before === undefined || after === undefined) return false;
  const identityProviders = before.identityProviders.filter((id) => after.identityProviders.includes(id));
  return FACTORS.some((factor) => {
    const user = { hasPassword: true, factors: [factor], identityProviders, mfaInitSkippedAt: undefined };
    return firstSteps(identityProviders).some((step) => {
      const session = { ...step, ...checkOf(factor) };
      return isBeyondOneFactor(verdictOn(before, user, session)) && isByOneFactor(verdictOn(after, user, session));
    });
  });
}

function isBeyondOneFactor(verdict: Judgement): boolean {
  return verdict.outcome === 'proceed' && verdict.level !== 'one-factor';
}

function isByOneFactor(verdict: Judgement): boolean {
  return verdict.outcome === 'proceed' && verdict.level === 'one-factor';
}

/** Any instant does: all checks are made at it, and the sign-in was asked for at it, so that no lifetime is too short. */
const AT = instant(0);
const REQUEST = { ...NO_REQUEST, startedAt: AT };
const FACTORS = [...SECOND_FACTORS, ...MULTI_FACTORS];
const NOTHING: ParsedSession = {
  password: undefined,
  externalLogin: undefined,
  secondFactors: [],
  passkey: undefined,
  expiresAt: undefined,
};

/** A session of users who sign in here, and one of users of an identity provider. */
function firstSteps([identityProvider]: readonly string[]): readonly ParsedSession[] {
  const local = { ...NOTHING, password: AT };
  if (identityProvider === undefined) return [local];
  return [local, { ...NOTHING, externalLogin: { identityProvider, at: AT } }];
}

function checkOf(factor: SecondFactor | MultiFactor): Partial<ParsedSession> {
  if (factor === 'U2F_WITH_VERIFICATION') return { passkey: { at: AT, isUserVerified: true } };
  return { secondFactors: [{ factor, at: AT }] };
}

function verdictOn(rules: ParsedRules, user: ParsedUser, session: ParsedSession): Judgement {
  const of = caseOf(rules, { user, session, request: REQUEST });
  return judgementOf(of, stepAt(of, AT), { at: AT, validUntil: undefined });
}
