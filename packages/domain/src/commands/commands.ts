import type { MultiFactor, SecondFactor } from '../policy/factors.js';
import type { IdentityProvider, IdentityProviderId } from '../policy/identity-provider.js';
import type { LoginSettingsChange } from '../policy/settings.js';
import type { Moment } from '../input/moment.js';

/**
 * A policy to bring into force, as it was given: the settings that were named. What names nothing is left out, so that a policy
 * is told in one way only, also when there are more settings and lists one day.
 */
export interface PolicyToAdd {
  readonly settings?: LoginSettingsChange;
  readonly secondFactors?: readonly SecondFactor[];
  readonly multiFactors?: readonly MultiFactor[];
  readonly identityProviders?: readonly IdentityProvider[];
}

/** Bring a policy into force. */
export interface AddLoginPolicy {
  readonly type: 'add';
  readonly policy: PolicyToAdd;
}

/**
 * Make the policy what is told of it: what is not named stays, or is the default of one that is not there yet. Unlike in {@link PolicyToAdd}, a
 * list that is there and empty takes off what is on the policy.
 */
export interface SetLoginPolicy {
  readonly type: 'set';
  readonly policy: PolicyToAdd;
}

/** Give some settings other values. */
export interface ChangeLoginPolicy {
  readonly type: 'change';
  readonly settings: LoginSettingsChange;
}

/** Give up an organization's custom policy. */
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

/** Give an organization a custom policy that is what holds for it by default. */
export interface CustomizeLoginPolicy {
  readonly type: 'customize';
}

/** Make the policy what it was at a moment. */
export interface RevertLoginPolicy {
  readonly type: 'revert';
  readonly to: Moment;
}

/**
 * All that can be asked of a login policy (docs/reference/login-policies.md#commands), in its canonical form: what is decided and previewed, and whose
 * fingerprint is stored under an idempotency key. `CommandInput` is the same as callers give it.
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
