import { FACTORS, type MultiFactor, type SecondFactor } from '../policy/factors.js';
import type { IdentityProviderId } from '../policy/identity-provider.js';
import type { AbsentPolicy } from '../policy/login-policy.js';
import { parseRules } from './parse-rules.js';
import type { SignInRules } from './sign-in.js';
import { completes, verdictOf, type Verdict } from './verdict.js';
import type { LockOut } from '../policy/rejections.js';

/** A policy in force, a folded state or a view of one, or none. */
export type JudgedPolicy = AbsentPolicy | SignInRules;

/** The verdicts on a kind of user before and after a change. */
export type VerdictsOnKind = readonly [before: Verdict, after: Verdict];

/** A policy's verdicts on all kinds of users, and what they say about it. */
export interface WaysIn {
  readonly verdicts: readonly Verdict[];
  /** Whether some kind of user completes a sign-in. */
  readonly letsSomebodyIn: boolean;
  readonly lockOuts: readonly LockOut[];
}

/** Judges all kinds of users. Judged once for all similar policies, because every row of a policy asks. */
export function waysIn(policy: JudgedPolicy): WaysIn {
  if (!('settings' in policy)) return NO_WAY_IN;
  const key = rulesKey(policy);
  let ways = judged.get(key);
  if (ways === undefined) {
    ways = summaryOf(judgeAll(policy));
    judged.set(key, ways);
  }
  return ways;
}

/**
 * The verdicts before and after a change on all kinds of users. Kinds also differ by which of the two policies link
 * their identity providers.
 */
export function* verdictsOnKinds(
  before: JudgedPolicy,
  after: JudgedPolicy,
): Generator<VerdictsOnKind, void, undefined> {
  const [was, is] = [waysIn(before).verdicts, waysIn(after).verdicts];
  for (const [linkedBefore, linkedAfter] of linksUnder(before, after)) {
    for (let kind = 0; kind < LINKED; kind++) {
      const [one, other] = [was[kind + linkedBefore], is[kind + linkedAfter]];
      if (one !== undefined && other !== undefined) yield [one, other];
    }
  }
}

type Factor = SecondFactor | MultiFactor;

const BIT_OF: Readonly<Record<Factor, number>> = {
  TOTP: 1,
  U2F: 2,
  OTP_EMAIL: 4,
  OTP_SMS: 8,
  RECOVERY_CODES: 16,
  U2F_WITH_VERIFICATION: 32,
};

/** The bits of a kind: one for each factor, one for a password, one for a link to an identity provider. */
const WITH_PASSWORD = 2 ** FACTORS.length;
const LINKED = 2 * WITH_PASSWORD;
const KINDS = 2 * LINKED;
const ANY_PROVIDER = 'a provider';
const NO_WAY_IN = summaryOf(Array.from({ length: KINDS }, () => 'no-way-to-sign-in'));

/** By {@link rulesKey}: at most one entry for each combination of a dozen booleans. */
const judged = new Map<number, WaysIn>();

/**
 * Everything that verdicts depend on. Lifetimes do not matter, because each check is made at the instant of the
 * judgement.
 */
function rulesKey({ settings, secondFactors, multiFactors, identityProviders }: SignInRules): number {
  let key = identityProviders.length > 0 ? 1 : 0;
  for (const isSo of [
    settings.allowUsernamePassword,
    settings.allowExternalIdp,
    settings.forceMfa,
    settings.forceMfaLocalOnly,
    settings.passwordlessType === 'ALLOWED',
  ])
    key = key * 2 + (isSo ? 1 : 0);
  const held: readonly string[] = [...secondFactors, ...multiFactors];
  for (const factor of FACTORS) key = key * 2 + (held.includes(factor) ? 1 : 0);
  return key;
}

/** In place of the policy's own: a recorded one may be negative, and must not decide for all similar policies. */
const ANY_LIFETIMES = { passwordCheck: 1, externalLoginCheck: 1, secondFactorCheck: 1, multiFactorCheck: 1 };

function judgeAll(policy: SignInRules): readonly Verdict[] {
  const own = parseRules(policy);
  const identityProviders = own.identityProviders.length > 0 ? [ANY_PROVIDER] : [];
  const rules = { ...own, identityProviders, settings: { ...own.settings, ...ANY_LIFETIMES } };
  return Array.from({ length: KINDS }, (_, kind) =>
    verdictOf(rules, {
      factors: FACTORS.filter((factor) => (kind & BIT_OF[factor]) !== 0),
      hasPassword: (kind & WITH_PASSWORD) !== 0,
      identityProvider: (kind & LINKED) !== 0 ? ANY_PROVIDER : undefined,
    }),
  );
}

/** The place of a kind of user in {@link WaysIn}. */
export function kindOf(hasPassword: boolean, factors: readonly Factor[], isLinked: boolean): number {
  let kind = (hasPassword ? WITH_PASSWORD : 0) + (isLinked ? LINKED : 0);
  for (const factor of factors) kind |= BIT_OF[factor];
  return kind;
}

function summaryOf(verdicts: readonly Verdict[]): WaysIn {
  const lockOuts: LockOut[] = verdicts.every((one) => one === 'no-way-to-sign-in') ? ['no-way-to-sign-in'] : [];
  if (verdicts.includes('no-factor-left')) lockOuts.push('no-factor-left');
  return Object.freeze({ verdicts, letsSomebodyIn: verdicts.some(completes), lockOuts: Object.freeze(lockOuts) });
}

/** For each kind of link that a user can have: whether the first policy links its provider, and the second. */
function* linksUnder(before: JudgedPolicy, after: JudgedPolicy): Generator<readonly [number, number], void, undefined> {
  const [earlier, later] = [identityProviderIds(before), identityProviderIds(after)];
  const isGone = earlier.some((id) => !later.includes(id));
  const isNew = later.some((id) => !earlier.includes(id));
  const isKept = earlier.some((id) => later.includes(id));
  yield [0, 0];
  if (isGone) yield [LINKED, 0];
  if (isNew) yield [0, LINKED];
  if (isKept || (isGone && isNew)) yield [LINKED, LINKED];
}

/** The ids of the identity providers that a policy links; none without a policy. */
export function identityProviderIds(policy: JudgedPolicy): readonly IdentityProviderId[] {
  return 'settings' in policy ? policy.identityProviders.map(({ id }) => id) : [];
}
