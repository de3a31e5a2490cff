import type { InstantInput } from '../input/instant.js';
import type { MultiFactor, SecondFactor } from '../policy/factors.js';
import type { IdentityProvider } from '../policy/identity-provider.js';
import type { LifetimeInput } from '../policy/lifetimes.js';
import type { LoginSettings, LoginSettingsView } from '../policy/settings.js';

/** The parts of a policy that sign-ins depend on. Both a view and a state have them. */
export interface SignInRules {
  readonly settings: LoginSettings | LoginSettingsView;
  readonly secondFactors: readonly SecondFactor[];
  readonly multiFactors: readonly MultiFactor[];
  readonly identityProviders: readonly IdentityProvider[];
}

/** What the user can use. */
export interface SignInUser {
  readonly hasPassword: boolean;
  /** The factors that are ready for use; a phone number that was never verified is not. */
  readonly factors: readonly (SecondFactor | MultiFactor)[];
  /** The ids of the identity providers that the user's account is linked to. */
  readonly identityProviders: readonly string[];
  /** When the user last answered "not now" to an offer to set up a factor. */
  readonly mfaInitSkippedAt?: InstantInput | undefined;
}

/** The checks of a session: the latest successful one of each kind, with its time. */
export interface SignInSession {
  readonly password?: InstantInput | undefined;
  readonly externalLogin?: { readonly identityProvider: string; readonly at: InstantInput } | undefined;
  /** At most 100 checks. */
  readonly secondFactors?: readonly { readonly factor: SecondFactor; readonly at: InstantInput }[] | undefined;
  /** A passkey that did not verify the user (by PIN, finger or face) does not count. */
  readonly passkey?: { readonly at: InstantInput; readonly isUserVerified: boolean } | undefined;
  /** From this instant on no check of the session counts. */
  readonly expiresAt?: InstantInput | undefined;
}

/** Every level of a sign-in, weakest first. */
export const SIGN_IN_LEVELS = ['one-factor', 'two-factors', 'passkey'] as const;

/** How strong a sign-in is: `two-factors` is a first step and a second factor, `passkey` resists phishing. */
export type SignInLevel = (typeof SIGN_IN_LEVELS)[number];

/** Additional requirements of an application. They can only make a sign-in stricter. */
export interface SignInRequest {
  /** When the sign-in was requested: a lifetime of zero and `maxAge` are measured from it. */
  readonly startedAt?: InstantInput | undefined;
  /** The greatest age of a check at `startedAt`, or now: OpenID Connect's `max_age`. */
  readonly maxAge?: LifetimeInput | undefined;
  /** The level the sign-in must reach: OpenID Connect's `acr_values`. */
  readonly level?: SignInLevel | undefined;
}

/** A sign-in to judge now, or at a past instant. */
export interface SignInAttempt {
  readonly user: SignInUser;
  readonly session: SignInSession;
  readonly request?: SignInRequest | undefined;
  /** Judge it at this instant, by the policy at that time. Default: now. */
  readonly at?: InstantInput | undefined;
}

/** A sign-in to judge at an instant. */
export interface SignIn extends SignInAttempt {
  /** The instant to judge it at, because `evaluateSignIn` reads no clock. */
  readonly at: InstantInput;
}

/** What a user can be asked for, or offered to set up. */
export type SignInOption =
  | { readonly method: 'password' }
  | { readonly method: 'passkey' }
  | { readonly method: 'external-login'; readonly identityProvider: string }
  | { readonly method: 'second-factor'; readonly factor: SecondFactor };

/** Why no check could let the user in. */
export type SignInImpossibility = 'no-way-to-sign-in' | 'no-factor-left' | 'level-not-reachable';

/** How an accepted session signed in: values of RFC 8176. */
export type AuthenticationMethod = 'pwd' | 'hwk' | 'user' | 'otp' | 'sms' | 'mfa';

/** The session is sufficient. */
export interface Proceed {
  readonly outcome: 'proceed';
  readonly level: SignInLevel;
  /** OpenID Connect's `amr`. */
  readonly amr: readonly AuthenticationMethod[];
  /** The time of the newest check that counts: OpenID Connect's `auth_time`. */
  readonly authenticatedAt: Date;
  /** What to offer for set-up now; the user may decline. Empty: no offer. */
  readonly offerSetUp: readonly SignInOption[];
}

/** The session lacks one of the options, which are in the order to offer them. */
export interface Ask {
  /**
   * `authenticate`: the first step. `verify`: the second step. `set-up`: the second step, with a factor that the user
   * has not set up yet.
   */
  readonly outcome: 'authenticate' | 'verify' | 'set-up';
  readonly options: readonly SignInOption[];
}

/** Nothing the user can do now would be sufficient. */
export interface Impossible {
  readonly outcome: 'impossible';
  readonly reason: SignInImpossibility;
}

/** Every kind of change for a user, worst first. */
export const USER_CHANGES = ['lockedOut', 'hasToSetUp', 'weaker', 'stronger', 'unchanged'] as const;

/**
 * What a change of a policy means for a user. `lockedOut`: they can't complete a sign-in any more. `hasToSetUp`: they
 * now have to set up a factor first. `weaker`, `stronger`: they sign in at a lower or higher level, where having to set
 * up a factor is between one factor and two, and being locked out is below all.
 */
export type UserChange = (typeof USER_CHANGES)[number];

/** What an upcoming policy means for the user who signs in. */
export interface UpcomingChange {
  readonly at: Date;
  readonly change: UserChange;
  /** What the user signs in with now, and no longer then. */
  readonly noLonger: readonly SignInOption[];
  /** What the user can set up under the policy of then; empty unless they would have to, or be locked out. */
  readonly setUp: readonly SignInOption[];
  readonly id?: string;
}

/** The outcome of a sign-in, and until when it holds. */
export type Judgement = (Proceed | Ask | Impossible) & {
  /** The first later instant at which the answer changes; `undefined` when time alone does not change it. */
  readonly validUntil: Date | undefined;
  /** Where upcoming policies were given: what they mean for the user. `unknown`: they could not be had. */
  readonly upcoming?: readonly UpcomingChange[] | 'unknown';
};
