import type { MultiFactor, SecondFactor } from '../policy/factors.js';
import type { IdentityProvider, IdentityProviderId } from '../policy/identity-provider.js';
import type { LoginSettingsChange } from '../policy/settings.js';
import type { Moment } from '../input/moment.js';

/**
 * A policy to add, as the caller gave it: only the named settings. Empty members are left out, so that a policy has one
 * canonical form even when settings and lists are added later.
 */
export interface PolicyToAdd {
  readonly settings?: LoginSettingsChange;
  readonly secondFactors?: readonly SecondFactor[];
  readonly multiFactors?: readonly MultiFactor[];
  readonly identityProviders?: readonly IdentityProvider[];
}

/** Add a policy. */
export interface AddLoginPolicy {
  readonly type: 'add';
  readonly policy: PolicyToAdd;
}

/**
 * Make the policy match `policy`: what it does not name stays, or gets its default on a new policy. Unlike in {@link
 * PolicyToAdd}, an empty list removes what is on the policy.
 */
export interface SetLoginPolicy {
  readonly type: 'set';
  readonly policy: PolicyToAdd;
}

/** Change some settings. */
export interface ChangeLoginPolicy {
  readonly type: 'change';
  readonly settings: LoginSettingsChange;
}

/** Remove an organization's custom policy. */
export interface RemoveLoginPolicy {
  readonly type: 'remove';
}

/** Allow or no longer allow a second factor. */
export interface SecondFactorCommand {
  readonly type: 'addSecondFactor' | 'removeSecondFactor';
  readonly factor: SecondFactor;
}

/** Allow or no longer allow a multi-factor. */
export interface MultiFactorCommand {
  readonly type: 'addMultiFactor' | 'removeMultiFactor';
  readonly factor: MultiFactor;
}

/** Allow signing in through an identity provider. */
export interface AddIdentityProvider {
  readonly type: 'addIdentityProvider';
  readonly identityProvider: IdentityProvider;
}

/** No longer allow signing in through an identity provider. */
export interface RemoveIdentityProvider {
  readonly type: 'removeIdentityProvider';
  readonly id: IdentityProviderId;
}

/** Give an organization a custom policy that copies the default. */
export interface CustomizeLoginPolicy {
  readonly type: 'customize';
}

/** Restore the policy as it was at a moment in the past. */
export interface RevertLoginPolicy {
  readonly type: 'revert';
  readonly to: Moment;
}

/**
 * Every command on a login policy (docs/reference/login-policies.md#commands), in canonical form. This is what is
 * decided and previewed, and its fingerprint is stored under an idempotency key. `CommandInput` is the form that
 * callers give.
 */
export type LoginPolicyCommand =
  | AddLoginPolicy
  | CustomizeLoginPolicy
  | SetLoginPolicy
  | ChangeLoginPolicy
  | RemoveLoginPolicy
  | SecondFactorCommand
  | MultiFactorCommand
  | AddIdentityProvider
  | RemoveIdentityProvider
  | RevertLoginPolicy;
