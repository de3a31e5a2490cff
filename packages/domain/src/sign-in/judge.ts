import type { SecondFactor } from '../policy/factors.js';
import { checksOf, counts, type Available, type Check, type Checks } from './checks.js';
import type { ParsedRules, ParsedSignIn } from './parse-sign-in.js';
import type { AuthenticationMethod, Proceed, SignInImpossibility, SignInOption, Verdict } from './sign-in.js';

/** A sign-in under a policy: all that is looked at whatever the instant. */
export interface Case {
  readonly rules: ParsedRules;
  readonly signIn: ParsedSignIn;
  readonly available: Available;
  readonly checks: Checks;
  /** From this instant on the user is offered to set up a factor. */
  readonly offersFrom: number;
}

/** In the order to offer them. */
const OFFERED: readonly SecondFactor[] = ['U2F', 'TOTP', 'OTP_EMAIL', 'OTP_SMS', 'RECOVERY_CODES'];
const IN_ORDER: readonly AuthenticationMethod[] = ['pwd', 'hwk', 'user', 'otp', 'sms', 'mfa'];
const METHODS: Readonly<Record<SecondFactor, readonly AuthenticationMethod[]>> = {
  U2F: ['hwk', 'user'],
  TOTP: ['otp'],
  OTP_EMAIL: ['otp'],
  OTP_SMS: ['sms'],
  RECOVERY_CODES: ['otp'],
};
const PASSWORD: SignInOption = Object.freeze({ method: 'password' });
const PASSKEY: SignInOption = Object.freeze({ method: 'passkey' });

/** Puts a sign-in and a policy together. */
export function caseOf(rules: ParsedRules, signIn: ParsedSignIn): Case {
  const { user } = signIn;
  const available = {
    hasPassword: rules.allowUsernamePassword && user.hasPassword,
    hasPasskey: allowsPasskeys(rules) && user.factors.includes('U2F_WITH_VERIFICATION'),
    linkedProviders: rules.allowExternalIdp ? inBoth(rules.identityProviders, user.identityProviders) : [],
    secondFactors: rules.secondFactors.filter((factor) => user.factors.includes(factor)),
  };
  const checks = checksOf(signIn, rules, available);
  return { rules, signIn, available, checks, offersFrom: offersFrom(rules.mfaInitSkip, user.mfaInitSkippedAt) };
}

/** Judges at an instant whether the sign-in is enough (docs/how-to/sign-in.md#rules). */
export function judge(of: Case, at: number): Verdict {
  const { available, checks, rules, signIn } = of;
  const { level } = signIn.request;
  if (counts(checks.passkey, at)) return proceed(of, at, 'passkey');
  if (level === 'passkey' && !available.hasPasskey) return impossible('level-not-reachable');
  const isExternal = counts(checks.externalLogin, at);
  if (!isExternal && !counts(checks.password, at)) return authenticate(of);
  if (level === 'passkey') return { outcome: 'verify', options: [PASSKEY] };
  if (available.secondFactors.length > 0) {
    const isVerified = checks.secondFactors.some((check) => counts(check, at));
    return isVerified
      ? proceed(of, at, 'two-factors')
      : { outcome: 'verify', options: inOrder(available.secondFactors) };
  }
  const isForced = rules.forceMfa || (rules.forceMfaLocalOnly && !isExternal);
  if (!isForced && level === 'one-factor') return proceed(of, at, 'one-factor');
  if (available.hasPasskey) return { outcome: 'verify', options: [PASSKEY] };
  const options = toSetUp(of);
  if (options.length > 0) return { outcome: 'set-up', options };
  return impossible(isForced ? 'no-factor-left' : 'level-not-reachable');
}

function authenticate({ available, rules, signIn }: Case): Verdict {
  const options: SignInOption[] = available.hasPasskey ? [PASSKEY] : [];
  if (signIn.request.level !== 'passkey') {
    if (available.hasPassword) options.push(PASSWORD);
    for (const id of available.linkedProviders) options.push({ method: 'external-login', identityProvider: id });
    if (options.length === 0 && rules.allowExternalIdp) {
      for (const id of sorted(rules.identityProviders))
        options.push({ method: 'external-login', identityProvider: id });
    }
  }
  return options.length > 0 ? { outcome: 'authenticate', options } : impossible('no-way-to-sign-in');
}

function proceed(of: Case, at: number, level: Proceed['level']): Proceed {
  const { password, externalLogin, passkey, secondFactors } = of.checks;
  let newest = Number.NEGATIVE_INFINITY;
  const methods = new Set<AuthenticationMethod>();
  const add = (check: Check | undefined, ...names: readonly AuthenticationMethod[]): void => {
    if (check === undefined || !counts(check, at)) return;
    newest = Math.max(newest, check.from);
    for (const name of names) methods.add(name);
  };
  add(password, 'pwd');
  add(externalLogin);
  add(passkey, 'user');
  for (const check of secondFactors) add(check, ...METHODS[check.factor]);
  if (level !== 'one-factor') methods.add('mfa');
  const amr = methods.size < 2 ? [...methods] : IN_ORDER.filter((name) => methods.has(name));
  const offerSetUp = level === 'one-factor' && at >= of.offersFrom ? toSetUp(of) : [];
  return { outcome: 'proceed', level, amr, authenticatedAt: new Date(newest), offerSetUp };
}

function impossible(reason: SignInImpossibility): Verdict {
  return { outcome: 'impossible', reason };
}

/** What the policy allows and the user has not: recovery codes are set up beside another factor, never alone. */
function toSetUp({ rules, signIn: { user } }: Case): readonly SignInOption[] {
  const missing = rules.secondFactors.filter((factor) => factor !== 'RECOVERY_CODES' && !user.factors.includes(factor));
  const isPasskeyMissing = allowsPasskeys(rules) && !user.factors.includes('U2F_WITH_VERIFICATION');
  return isPasskeyMissing ? [PASSKEY, ...inOrder(missing)] : inOrder(missing);
}

/** Each once, in the order to offer them. */
function inOrder(factors: readonly SecondFactor[]): readonly SignInOption[] {
  return OFFERED.filter((factor) => factors.includes(factor)).map((factor) => ({ method: 'second-factor', factor }));
}

function allowsPasskeys({ isPasswordlessAllowed, multiFactors }: ParsedRules): boolean {
  return isPasswordlessAllowed && multiFactors.includes('U2F_WITH_VERIFICATION');
}

function offersFrom(mfaInitSkip: number, skippedAt: number | undefined): number {
  if (mfaInitSkip <= 0) return Number.POSITIVE_INFINITY;
  return skippedAt === undefined ? Number.NEGATIVE_INFINITY : skippedAt + Math.ceil(mfaInitSkip);
}

/** The texts that are in both lists, each once and in order. */
function inBoth(these: readonly string[], those: readonly string[]): readonly string[] {
  if (these.length === 0 || those.length === 0) return [];
  const wanted = new Set(those);
  return sorted(these.filter((text) => wanted.has(text)));
}

/** Each once, in the order of their characters: the same whatever order they came in. */
function sorted(texts: readonly string[]): readonly string[] {
  return texts.length < 2 ? texts : [...new Set(texts)].toSorted();
}
