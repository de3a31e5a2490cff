import type { Recorded } from '@login-policy/event-sourcing';
import type { MultiFactor, SecondFactor } from './factors.js';
import type { IdentityProvider, IdentityProviderId } from './identity-provider.js';
import type { LoginSettings, LoginSettingsChange } from './settings.js';

/** A policy was added, with all its settings; its factors and identity providers are separate events. */
export interface LoginPolicyAdded {
  readonly type: 'LoginPolicyAdded';
  readonly data: { readonly settings: LoginSettings };
}

/** Some settings changed; only those are named. */
export interface LoginPolicyChanged {
  readonly type: 'LoginPolicyChanged';
  readonly data: { readonly settings: LoginSettingsChange };
}

/** An organization removed its custom policy: from now on the instance's default applies. */
export interface LoginPolicyRemoved {
  readonly type: 'LoginPolicyRemoved';
  readonly data: Readonly<Record<string, never>>;
}

/** Users may now be asked for this second factor after the password. */
export interface SecondFactorAdded {
  readonly type: 'SecondFactorAdded';
  readonly data: { readonly factor: SecondFactor };
}

/** A second factor was removed: users of the policy may no longer use it. */
export interface SecondFactorRemoved {
  readonly type: 'SecondFactorRemoved';
  readonly data: { readonly factor: SecondFactor };
}

/** Users may now sign in with this factor alone. */
export interface MultiFactorAdded {
  readonly type: 'MultiFactorAdded';
  readonly data: { readonly factor: MultiFactor };
}

/** A multi-factor was removed: users of the policy may no longer sign in with it. */
export interface MultiFactorRemoved {
  readonly type: 'MultiFactorRemoved';
  readonly data: { readonly factor: MultiFactor };
}

/** Users may now sign in through this identity provider. */
export interface IdentityProviderAdded {
  readonly type: 'IdentityProviderAdded';
  readonly data: { readonly identityProvider: IdentityProvider };
}

/** An identity provider was removed: users may no longer sign in through it. */
export interface IdentityProviderRemoved {
  readonly type: 'IdentityProviderRemoved';
  readonly data: { readonly id: IdentityProviderId };
}

/** Every event of a login policy, of an instance or an organization (docs/reference/events.md). */
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

/** An event of a login policy with the facts of its recording: where, when and by whom. */
export type RecordedLoginPolicyEvent = Recorded<LoginPolicyEvent>;
