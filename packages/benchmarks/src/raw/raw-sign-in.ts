import type { LoginPolicyView, SecondFactor, SignIn } from '@login-policy/domain';
import type { SignInOption } from '@login-policy/domain/model';

/** The answer of the judgement by hand, in the same form as ours. */
export type RawJudgement = { validUntil: Date | undefined } & (
  | { outcome: 'proceed'; level: string; amr: string[]; authenticatedAt: Date; offerSetUp: SignInOption[] }
  | { outcome: 'authenticate' | 'verify' | 'set-up'; options: SignInOption[] }
  | { outcome: 'impossible'; reason: string }
);

/** The lifetimes of a policy in milliseconds, computed once. */
export interface RawLifetimes {
  password: number;
  external: number;
  second: number;
  passkey: number;
  skip: number;
}

/** A policy as a login server caches it. */
export interface RawPolicy {
  view: LoginPolicyView;
  lifetimes: RawLifetimes;
}

/** Intermediate results: when the first check ends, which is the newest, and what was verified. */
interface Evaluation {
  readonly signIn: SignIn;
  readonly now: number;
  end: number;
  newest: number;
  readonly amr: string[];
}

const ORDER = ['U2F', 'TOTP', 'OTP_EMAIL', 'OTP_SMS', 'RECOVERY_CODES'] as const;
const PASSKEY = { method: 'passkey' } as const;

/**
 * A judgement as a careful engineer writes it for one login server: the same rules, on trusted `Date`s. It checks no
 * input, takes the first end of a check as the end of the judgement, and supports neither `maxAge` nor levels.
 */
export function judgeByHand({ lifetimes, view }: RawPolicy, signIn: SignIn): RawJudgement {
  const { settings } = view;
  const { factors } = signIn.user;
  const found: Evaluation = { signIn, now: Number(signIn.at), end: Infinity, newest: -Infinity, amr: [] };
  const mayUsePasskey = hasPasskey(view, signIn);
  const byPassword = hasPassword(view, signIn) && counts(found, signIn.session.password, lifetimes.password);
  if (byPassword) found.amr.push('pwd');
  const byProvider = isOfProvider(view, signIn) && counts(found, signIn.session.externalLogin?.at, lifetimes.external);
  const { passkey } = signIn.session;
  if (mayUsePasskey && passkey?.isUserVerified === true && counts(found, passkey.at, lifetimes.passkey)) {
    found.amr.push('user');
    return proceed(found, 'passkey', []);
  }
  if (!byPassword && !byProvider) return firstStep(view, signIn, mayUsePasskey ? [PASSKEY] : []);
  const usable = ORDER.filter((factor) => view.secondFactors.includes(factor) && factors.includes(factor));
  if (usable.length > 0) return secondStep(found, usable, lifetimes.second);
  const setUp = toSetUp(view, mayUsePasskey);
  if (settings.forceMfa || (settings.forceMfaLocalOnly && !byProvider)) {
    if (mayUsePasskey) return { outcome: 'verify', options: [PASSKEY], validUntil: endOf(found) };
    if (setUp.length > 0) return { outcome: 'set-up', options: setUp, validUntil: endOf(found) };
    return { outcome: 'impossible', reason: 'no-factor-left', validUntil: endOf(found) };
  }
  return proceed(found, 'one-factor', isOfferDue(found, lifetimes.skip) ? setUp : []);
}

function counts(found: Evaluation, made: SignIn['at'] | undefined, lifetime: number): boolean {
  if (made === undefined) return false;
  const { now, signIn } = found;
  const from = Number(made);
  let until = from + lifetime;
  const startedAt = signIn.request?.startedAt;
  if (lifetime === 0 && startedAt !== undefined && from >= Number(startedAt)) until = Infinity;
  const { expiresAt } = signIn.session;
  if (expiresAt !== undefined) until = Math.min(until, Number(expiresAt));
  if (now < from || now >= until) return false;
  found.end = Math.min(found.end, until);
  found.newest = Math.max(found.newest, from);
  return true;
}

function hasPassword({ settings }: LoginPolicyView, { user }: SignIn): boolean {
  return settings.allowUsernamePassword && user.hasPassword;
}

function hasPasskey(view: LoginPolicyView, { user }: SignIn): boolean {
  return allowsPasskey(view) && user.factors.includes('U2F_WITH_VERIFICATION');
}

function allowsPasskey({ multiFactors, settings }: LoginPolicyView): boolean {
  return settings.passwordlessType === 'ALLOWED' && multiFactors.includes('U2F_WITH_VERIFICATION');
}

function toSetUp(view: LoginPolicyView, hasOne: boolean): SignInOption[] {
  const missing = ORDER.filter((factor) => factor !== 'RECOVERY_CODES' && view.secondFactors.includes(factor));
  return [...(allowsPasskey(view) && !hasOne ? [PASSKEY] : []), ...missing.map(optionOf)];
}

function isOfProvider({ identityProviders, settings }: LoginPolicyView, { session, user }: SignIn): boolean {
  const provider = session.externalLogin?.identityProvider;
  return (
    provider !== undefined &&
    settings.allowExternalIdp &&
    user.identityProviders.includes(provider) &&
    identityProviders.some(({ id }) => id === provider)
  );
}

function isOfferDue({ now, signIn }: Evaluation, skip: number): boolean {
  const { mfaInitSkippedAt } = signIn.user;
  return skip > 0 && (mfaInitSkippedAt === undefined || now - Number(mfaInitSkippedAt) >= skip);
}

function firstStep(view: LoginPolicyView, signIn: SignIn, options: SignInOption[]): RawJudgement {
  const { identityProviders, settings } = view;
  if (hasPassword(view, signIn)) options.push({ method: 'password' });
  if (settings.allowExternalIdp) {
    const ids = new Set(identityProviders.map(({ id }) => String(id)));
    const linked = signIn.user.identityProviders.filter((id) => ids.has(id)).toSorted();
    const offered = options.length + linked.length === 0 ? [...ids].toSorted() : linked;
    for (const identityProvider of offered) options.push({ method: 'external-login', identityProvider });
  }
  if (options.length === 0) return { outcome: 'impossible', reason: 'no-way-to-sign-in', validUntil: undefined };
  return { outcome: 'authenticate', options, validUntil: undefined };
}

function secondStep(found: Evaluation, usable: readonly SecondFactor[], lifetime: number): RawJudgement {
  let isVerified = false;
  for (const { at, factor } of found.signIn.session.secondFactors ?? []) {
    if (!usable.includes(factor) || !counts(found, at, lifetime)) continue;
    isVerified = true;
    if (factor === 'U2F') found.amr.push('hwk', 'user');
    else found.amr.push(factor === 'OTP_SMS' ? 'sms' : 'otp');
  }
  if (isVerified) return proceed(found, 'two-factors', []);
  return { outcome: 'verify', options: usable.map(optionOf), validUntil: endOf(found) };
}

function proceed(found: Evaluation, level: string, offerSetUp: SignInOption[]): RawJudgement {
  if (level !== 'one-factor') found.amr.push('mfa');
  const { amr, newest } = found;
  return { outcome: 'proceed', level, amr, authenticatedAt: new Date(newest), offerSetUp, validUntil: endOf(found) };
}

function optionOf(factor: SecondFactor): SignInOption {
  return { method: 'second-factor', factor };
}

function endOf({ end }: Evaluation): Date | undefined {
  return end === Infinity ? undefined : new Date(end);
}
