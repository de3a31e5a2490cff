import type { InstantInput } from '../input/instant.js';
import type { MultiFactor, SecondFactor } from '../policy/factors.js';
import type { IdentityProvider } from '../policy/identity-provider.js';
import type { LifetimeInput } from '../policy/lifetimes.js';
import type { LoginPolicy } from '../policy/login-policy.js';
import type { LoginSettings, LoginSettingsView } from '../policy/settings.js';
import type { LoginPolicyView, PolicyFound, ReadAnswer, Rejected } from '../reads/answers.js';

/** What of a policy a sign-in is judged by: a view has it, and so has the state of a policy. */
export interface SignInRules {
  readonly settings: LoginSettings | LoginSettingsView;
  readonly secondFactors: readonly SecondFactor[];
  readonly multiFactors: readonly MultiFactor[];
  readonly identityProviders: readonly IdentityProvider[];
}

/** The effective policy to judge by: an answer of `effectivePolicy`, the policy in it, or the state that events add up to. */
export type SignInPolicy = SignInRules | LoginPolicy | ReadAnswer<PolicyFound>;

/** What the user who signs in could use. */
export interface SignInUser {
  readonly hasPassword: boolean;
  /** The factors that are set up and ready to be used: a phone number that was never verified is not. */
  readonly factors: readonly (SecondFactor | MultiFactor)[];
  /** The ids of the identity providers that the user's account is linked to. */
  readonly identityProviders: readonly string[];
  /** When the user last answered "not now" to an offer to set up a factor. */
  readonly mfaInitSkippedAt?: InstantInput | undefined;
}

/** What a session has verified, and when: the latest check of each kind that succeeded. */
export interface SignInSession {
  readonly password?: InstantInput | undefined;
  readonly externalLogin?: { readonly identityProvider: string; readonly at: InstantInput } | undefined;
  /** At most 100. */
  readonly secondFactors?: readonly { readonly factor: SecondFactor; readonly at: InstantInput }[] | undefined;
  /** A passkey that did not verify the user (by PIN, finger or face) does not count. */
  readonly passkey?: { readonly at: InstantInput; readonly isUserVerified: boolean } | undefined;
  /** From this instant on no check of the session counts. */
  readonly expiresAt?: InstantInput | undefined;
}

/** Every level of a sign-in, the weakest first. */
export const SIGN_IN_LEVELS = ['one-factor', 'two-factors', 'passkey'] as const;

/** How strong a sign-in is: `two-factors` is a first step and a second factor, `passkey` resists phishing. */
export type SignInLevel = (typeof SIGN_IN_LEVELS)[number];

/** What an application asks for beyond the policy. It can make a sign-in stricter, never laxer. */
export interface SignInRequest {
  /** When the sign-in was asked for: a lifetime of zero and `maxAge` are measured by it. */
  readonly startedAt?: InstantInput | undefined;
  /** A check also has to be no older than this at `startedAt`, or now: OpenID Connect's `max_age`. */
  readonly maxAge?: LifetimeInput | undefined;
  /** The sign-in has to reach this level: OpenID Connect's `acr_values`. */
  readonly level?: SignInLevel | undefined;
}

/** A sign-in to be judged now, or as of an instant that is past. */
export interface SignInAttempt {
  readonly user: SignInUser;
  readonly session: SignInSession;
  readonly request?: SignInRequest | undefined;
  /** Judge it as of this instant, by the policy of then. Default: now. */
  readonly at?: InstantInput | undefined;
}

/** A sign-in to be judged at an instant. */
export interface SignIn extends SignInAttempt {
  /** The instant to judge it at: `evaluateSignIn` looks at no clock. */
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

/** The session is enough. */
export interface Proceed {
  readonly outcome: 'proceed';
  readonly level: SignInLevel;
  /** OpenID Connect's `amr`. */
  readonly amr: readonly AuthenticationMethod[];
  /** The newest check that counts: OpenID Connect's `auth_time`. */
  readonly authenticatedAt: Date;
  /** What to offer to set up now; the user may say "not now". Empty: don't ask. */
  readonly offerSetUp: readonly SignInOption[];
}

/** Something is missing: any one of the options, which stand in the order to offer them. */
export interface Ask {
  /** `authenticate`: the first step. `verify`: the second. `set-up`: the second, by a factor the user has not set up yet. */
  readonly outcome: 'authenticate' | 'verify' | 'set-up';
  readonly options: readonly SignInOption[];
}

/** Nothing the user could do now would be enough. */
export interface Impossible {
  readonly outcome: 'impossible';
  readonly reason: SignInImpossibility;
}

/** What becomes of a sign-in, and until when that holds. */
export type Judgement = (Proceed | Ask | Impossible) & {
  /** The first later instant at which the answer differs; `undefined` when time alone does not change it. */
  readonly validUntil: Date | undefined;
};

/** What `evaluateSignIn` answers: only `proceed` lets anybody in. */
export type SignInAnswer = Judgement | Rejected;

/** A judgement by the policy that holds for an organization, and which policy that was. */
export type JudgedSignIn = Judgement &
  Pick<LoginPolicyView, 'owner' | 'isDefault' | 'eventId' | 'position'> & {
    /** The instant it was judged at. With `position` it can be judged again, with the same answer. */
    readonly at: Date;
  };
