import type { Recorded } from '@login-policy/event-sourcing';
import type { MultiFactor, SecondFactor } from '../policy/factors.js';
import type { IdentityProvider, IdentityProviderId } from '../policy/identity-provider.js';
import type { LoginSettings, LoginSettingsChange } from '../policy/settings.js';

/** A policy came into force, with all its settings; its factors and identity providers are events of their own. */
export interface LoginPolicyAdded {
  readonly type: 'LoginPolicyAdded';
  readonly data: { readonly settings: LoginSettings };
}

/** Some settings got other values; only those are named. */
export interface LoginPolicyChanged {
  readonly type: 'LoginPolicyChanged';
  readonly data: { readonly settings: LoginSettingsChange };
}

/** An organization gave up its custom policy: from now on the instance's default holds for it. */
export interface LoginPolicyRemoved {
  readonly type: 'LoginPolicyRemoved';
  readonly data: Readonly<Record<string, never>>;
}

/** Users may from now on be asked for this after the password. */
export interface SecondFactorAdded {
  readonly type: 'SecondFactorAdded';
  readonly data: { readonly factor: SecondFactor };
}

/** A second factor was taken off the policy: nobody the policy applies to may use it any more. */
export interface SecondFactorRemoved {
  readonly type: 'SecondFactorRemoved';
  readonly data: { readonly factor: SecondFactor };
}

/** Users may from now on sign in with this alone. */
export interface MultiFactorAdded {
  readonly type: 'MultiFactorAdded';
  readonly data: { readonly factor: MultiFactor };
}

/** A multi-factor was taken off the policy: nobody the policy applies to may sign in with it any more. */
export interface MultiFactorRemoved {
  readonly type: 'MultiFactorRemoved';
  readonly data: { readonly factor: MultiFactor };
}

/** Users may from now on sign in through this identity provider. */
export interface IdentityProviderAdded {
  readonly type: 'IdentityProviderAdded';
  readonly data: { readonly identityProvider: IdentityProvider };
}

/** An identity provider was taken off the policy: nobody may sign in through it any more. */
export interface IdentityProviderRemoved {
  readonly type: 'IdentityProviderRemoved';
  readonly data: { readonly id: IdentityProviderId };
}

/** All that can happen to a login policy, of an instance or of an organization (docs/reference/events.md). */
export type LoginPolicyEvent =
  | LoginPolicyAdded
  | LoginPolicyChanged
  | LoginPolicyRemoved
  | SecondFactorAdded
  | SecondFactorRemoved
  | MultiFactorAdded
  | MultiFactorRemoved
  | IdentityProviderAdded
  | IdentityProviderRemoved;

/** An event of a login policy with where, when and by whom it was recorded. */
export type RecordedLoginPolicyEvent = Recorded<LoginPolicyEvent>;
