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

/** Restore the policy as it was at a moment in the past. */
export interface RevertLoginPolicy {
  readonly type: 'revert';
  readonly to: Moment;
}

/**
 * Every command on a login policy (docs/reference/login-policies.md#commands), in canonical form. This is what is
 * decided and previewed, and its fingerprint is stored under an idempotency key. `CommandInput` is the form that
 * callers give.
 *
 * `set` makes the policy match `policy`: what it does not name stays, or gets its default on a new policy. Unlike in
 * {@link PolicyToAdd}, an empty list removes what is on the policy.
 */
export type LoginPolicyCommand =
  | { readonly type: 'add' | 'set'; readonly policy: PolicyToAdd }
  | { readonly type: 'change'; readonly settings: LoginSettingsChange }
  | { readonly type: 'customize' }
  | { readonly type: 'remove' }
  | { readonly type: 'addSecondFactor' | 'removeSecondFactor'; readonly factor: SecondFactor }
  | { readonly type: 'addMultiFactor' | 'removeMultiFactor'; readonly factor: MultiFactor }
  | { readonly type: 'addIdentityProvider'; readonly identityProvider: IdentityProvider }
  | { readonly type: 'removeIdentityProvider'; readonly id: IdentityProviderId }
  | RevertLoginPolicy;
