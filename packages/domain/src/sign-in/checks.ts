import type { SecondFactor } from '../policy/factors.js';
import type { ParsedRules } from './parse-rules.js';
import type { ParsedSignIn } from './parse-sign-in.js';

/**
 * A check of a session, and when it counts: from `from`, inclusive, to `until`, exclusive; in milliseconds since 1970.
 */
export interface Check {
  readonly from: number;
  readonly until: number;
}

/** The check of a second factor. */
export interface SecondFactorCheck extends Check {
  readonly factor: SecondFactor;
}

/** The checks of a session that the policy allows and the user still has; `undefined` for the others. */
export interface Checks {
  readonly password: Check | undefined;
  readonly externalLogin: Check | undefined;
  readonly passkey: Check | undefined;
  readonly secondFactors: readonly SecondFactorCheck[];
}

/** Whether a check counts at an instant. */
export function counts(check: Check | undefined, at: number): check is Check {
  return check !== undefined && check.from <= at && at < check.until;
}

/** Whether the policy allows passwords and the user has one. */
export function hasPassword({ settings }: ParsedRules, { user }: ParsedSignIn): boolean {
  return settings.allowUsernamePassword && user.hasPassword;
}

/** Whether the policy allows passkeys. */
export function allowsPasskeys({ multiFactors, settings }: ParsedRules): boolean {
  return settings.isPasswordlessAllowed && multiFactors.includes('U2F_WITH_VERIFICATION');
}

/** Whether the policy allows passkeys and the user has one. */
export function hasPasskey(rules: ParsedRules, { user }: ParsedSignIn): boolean {
  return allowsPasskeys(rules) && user.factors.includes('U2F_WITH_VERIFICATION');
}

/** Whether the policy allows a second factor and the user has it. */
export function hasSecondFactor(rules: ParsedRules, { user }: ParsedSignIn, factor: SecondFactor): boolean {
  return rules.secondFactors.includes(factor) && user.factors.includes(factor);
}

/** When each check of the session counts (docs/how-to/sign-in.md#rules). */
export function checksOf(rules: ParsedRules, signIn: ParsedSignIn): Checks {
  const { session, user } = signIn;
  const { settings } = rules;
  const { externalLogin, passkey, password } = session;
  const isOfPassword = password !== undefined && hasPassword(rules, signIn);
  const isOfPasskey = passkey?.isUserVerified === true && hasPasskey(rules, signIn);
  const isOfProvider =
    externalLogin !== undefined &&
    settings.allowExternalIdp &&
    rules.identityProviders.includes(externalLogin.identityProvider) &&
    user.identityProviders.includes(externalLogin.identityProvider);
  return {
    password: isOfPassword ? checkAt(password, settings.passwordCheck, signIn) : undefined,
    externalLogin: isOfProvider ? checkAt(externalLogin.at, settings.externalLoginCheck, signIn) : undefined,
    passkey: isOfPasskey ? checkAt(passkey.at, settings.multiFactorCheck, signIn) : undefined,
    secondFactors: session.secondFactors.length === 0 ? NONE : secondFactorChecks(rules, signIn),
  };
}

const NONE: readonly never[] = [];

function secondFactorChecks(rules: ParsedRules, signIn: ParsedSignIn): readonly SecondFactorCheck[] {
  const checks: SecondFactorCheck[] = [];
  for (const { at, factor } of signIn.session.secondFactors) {
    if (!hasSecondFactor(rules, signIn, factor)) continue;
    const { from, until } = checkAt(at, rules.settings.secondFactorCheck, signIn);
    checks.push({ factor, from, until });
  }
  return checks;
}

function checkAt(from: number, lifetime: number, { request, session }: ParsedSignIn): Check {
  const { maxAge, startedAt } = request;
  let until = from + Math.ceil(lifetime);
  // A lifetime of zero: the check counts only in the request it was made for.
  if (lifetime === 0 && startedAt !== undefined && from >= startedAt) until = Number.POSITIVE_INFINITY;
  if (maxAge !== undefined) {
    // "No older than": at exactly that age it still counts.
    if (startedAt === undefined) until = Math.min(until, from + maxAge + 1);
    else if (from < startedAt - maxAge) until = Number.NEGATIVE_INFINITY;
  }
  if (session.expiresAt !== undefined && session.expiresAt < until) until = session.expiresAt;
  return { from, until };
}
