import type { MultiFactor, SecondFactor } from '../policy/factors.js';
import type { IdentityProvider, IdentityProviderId, IdentityProviderRef } from '../policy/identity-provider.js';
import type { LoginSettingsChange, LoginSettingsInput } from '../policy/settings.js';
import type { NewLoginPolicy } from '../policy/new-login-policy.js';
import type { AsOf, Moment } from '../input/moment.js';

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

/** The commands, over the forms of what they carry. */
export type Commands<
  Of extends {
    readonly policy: object;
    readonly settings: object;
    readonly identityProvider: object;
    readonly id: string;
    readonly to: object;
  },
> =
  | { readonly type: 'add' | 'set'; readonly policy: Of['policy'] }
  | { readonly type: 'change'; readonly settings: Of['settings'] }
  | { readonly type: 'customize' }
  | { readonly type: 'remove' }
  | { readonly type: 'addSecondFactor' | 'removeSecondFactor'; readonly factor: SecondFactor }
  | { readonly type: 'addMultiFactor' | 'removeMultiFactor'; readonly factor: MultiFactor }
  | { readonly type: 'addIdentityProvider'; readonly identityProvider: Of['identityProvider'] }
  | { readonly type: 'removeIdentityProvider'; readonly id: Of['id'] }
  | { readonly type: 'revert'; readonly to: Of['to'] };

/** A command as data, for the method of {@link LoginPolicies} that `type` names. */
export type CommandInput = Commands<{
  policy: NewLoginPolicy;
  settings: LoginSettingsInput;
  identityProvider: IdentityProviderRef;
  id: string;
  to: AsOf;
}>;

/**
 * Every command on a login policy (docs/reference/login-policies.md#commands), in canonical form. This is what is
 * decided and previewed, and its fingerprint is stored under an idempotency key.
 *
 * `set` makes the policy match `policy`: what it does not name stays, or gets its default on a new policy. Unlike in
 * {@link PolicyToAdd}, an empty list removes what is on the policy.
 */
export type LoginPolicyCommand = Commands<{
  policy: PolicyToAdd;
  settings: LoginSettingsChange;
  identityProvider: IdentityProvider;
  id: IdentityProviderId;
  to: Moment;
}>;
