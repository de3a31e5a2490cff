import type { SecondFactor } from '../policy/factors.js';
import type { ParsedRules, ParsedSession, ParsedSignIn } from './parse-sign-in.js';

/** A check of a session, and when it counts: from `from` on, and no longer at `until`; in milliseconds since 1970. */
export interface Check {
  readonly from: number;
  readonly until: number;
}

/** The check of a second factor. */
export interface SecondFactorCheck extends Check {
  readonly factor: SecondFactor;
}

/** The checks of a session that the policy allows and that are still the user's; `undefined` for those that are not. */
export interface Checks {
  readonly password: Check | undefined;
  readonly externalLogin: Check | undefined;
  readonly passkey: Check | undefined;
  readonly secondFactors: readonly SecondFactorCheck[];
}

/** What of the policy's is also the user's. */
export interface Available {
  readonly hasPassword: boolean;
  readonly hasPasskey: boolean;
  /** Ids, in the order of their text. */
  readonly linkedProviders: readonly string[];
  readonly secondFactors: readonly SecondFactor[];
}

/** Whether a check counts at an instant. */
export function counts(check: Check | undefined, at: number): boolean {
  return check !== undefined && check.from <= at && at < check.until;
}

/** Says of each check of the session when it counts (docs/how-to/sign-in.md#rules). */
export function checksOf(signIn: ParsedSignIn, rules: ParsedRules, available: Available): Checks {
  const { password, passkey, externalLogin, secondFactors } = signIn.session;
  const { passwordCheck, externalLoginCheck, multiFactorCheck, secondFactorCheck } = rules;
  const isOfPasskey = available.hasPasskey && passkey?.isUserVerified === true;
  const isOfProvider =
    externalLogin !== undefined && available.linkedProviders.includes(externalLogin.identityProvider);
  return {
    password: available.hasPassword && password !== undefined ? checkAt(password, passwordCheck, signIn) : undefined,
    externalLogin: isOfProvider ? checkAt(externalLogin.at, externalLoginCheck, signIn) : undefined,
    passkey: isOfPasskey ? checkAt(passkey.at, multiFactorCheck, signIn) : undefined,
    secondFactors: secondFactors.length === 0 ? [] : secondFactorChecks(secondFactors),
  };

  function secondFactorChecks(all: ParsedSession['secondFactors']): readonly SecondFactorCheck[] {
    return all
      .filter(({ factor }) => available.secondFactors.includes(factor))
      .map(({ factor, at }) => ({ factor, ...checkAt(at, secondFactorCheck, signIn) }));
  }
}

function checkAt(from: number, lifetime: number, { request, session }: ParsedSignIn): Check {
  const { startedAt, maxAge } = request;
  let until = from + Math.ceil(lifetime);
  // Asked every time: it counts in the request it was made for, and in no other.
  if (lifetime === 0 && startedAt !== undefined && from >= startedAt) until = Number.POSITIVE_INFINITY;
  if (maxAge !== undefined) {
    // "No older than": at that very age it still counts.
    if (startedAt === undefined) until = Math.min(until, from + maxAge + 1);
    else if (from < startedAt - maxAge) until = Number.NEGATIVE_INFINITY;
  }
  if (session.expiresAt !== undefined) until = Math.min(until, session.expiresAt);
  return { from, until };
}
