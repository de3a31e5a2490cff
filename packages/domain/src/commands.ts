import type { MultiFactor, SecondFactor } from './factors.js';
import type { IdentityProvider, IdentityProviderId } from './identity-provider.js';
import type { LoginSettings, LoginSettingsChange } from './settings.js';

/** What the directory of identity providers said of one; `unchecked` where there is no directory to ask. */
export type Existence = 'exists' | 'unknown' | 'unchecked';

/** An identity provider to link, and whether it exists. */
export interface IdentityProviderLink {
  readonly identityProvider: IdentityProvider;
  readonly existence: Existence;
}

/** Bring a policy into force. */
export interface AddLoginPolicy {
  readonly type: 'AddLoginPolicy';
  readonly data: {
    readonly settings: LoginSettings;
    readonly secondFactors: readonly SecondFactor[];
    readonly multiFactors: readonly MultiFactor[];
    readonly identityProviders: readonly IdentityProviderLink[];
  };
}

/** Give some settings other values. */
export interface ChangeLoginPolicy {
  readonly type: 'ChangeLoginPolicy';
  readonly data: { readonly settings: LoginSettingsChange };
}

/** Give up an organization's custom policy. */
export interface RemoveLoginPolicy {
  readonly type: 'RemoveLoginPolicy';
}

/** Allow or no longer allow a second factor. */
export interface SecondFactorCommand {
  readonly type: 'AddSecondFactor' | 'RemoveSecondFactor';
  readonly data: { readonly factor: SecondFactor };
}

/** Allow or no longer allow a multi-factor. */
export interface MultiFactorCommand {
  readonly type: 'AddMultiFactor' | 'RemoveMultiFactor';
  readonly data: { readonly factor: MultiFactor };
}

/** Allow signing in through an identity provider. */
export interface AddIdentityProvider {
  readonly type: 'AddIdentityProvider';
  readonly data: IdentityProviderLink;
}

/** No longer allow signing in through an identity provider. */
export interface RemoveIdentityProvider {
  readonly type: 'RemoveIdentityProvider';
  readonly data: { readonly id: IdentityProviderId };
}

/** What a policy is to be again; its identity providers looked up, for those that would have to be linked anew. */
export type RevertTarget = { readonly stage: 'absent' } | ({ readonly stage: 'active' } & AddLoginPolicy['data']);

/** Make the policy what it was at a moment. */
export interface RevertLoginPolicy {
  readonly type: 'RevertLoginPolicy';
  readonly data: { readonly to: RevertTarget };
}

/** All that can be asked of a login policy (docs/reference/login-policies.md#commands). */
export type LoginPolicyCommand =
  | AddLoginPolicy
  | ChangeLoginPolicy
  | RemoveLoginPolicy
  | SecondFactorCommand
  | MultiFactorCommand
  | AddIdentityProvider
  | RemoveIdentityProvider
  | RevertLoginPolicy;
