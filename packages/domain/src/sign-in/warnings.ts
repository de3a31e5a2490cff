import { instant } from '@login-policy/event-sourcing';
import { MULTI_FACTORS, SECOND_FACTORS, type MultiFactor, type SecondFactor } from '../policy/factors.js';
import type { LoginPolicy } from '../policy/login-policy.js';
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
  return lockOuts(rulesOf(policy)).map(named);
}

/** Warns of what users meet after a change that they did not meet before, and of what stays as it was. */
export function warningsOfChange(before: LoginPolicy, after: LoginPolicy): ChangeWarnings {
  const [had, has] = [rulesOf(before), rulesOf(after)];
  const stood = lockOuts(had);
  const introduced = lockOuts(has).filter((warning) => !stood.includes(warning));
  if (isWeaker(had, has)) introduced.push('weaker-sign-in');
  return {
    introduced: introduced.map(named),
    standing: lockOuts(has)
      .filter((warning) => stood.includes(warning))
      .map(named),
  };
}

function named(warning: WarningName): PolicyWarning {
  return { warning, message: SENTENCES[warning] };
}

function rulesOf(policy: LoginPolicy): ParsedRules | undefined {
  return policy.stage === 'active' ? parseRules(policy) : undefined;
}

function lockOuts(rules: ParsedRules | undefined): WarningName[] {
  if (rules === undefined) return [];
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
