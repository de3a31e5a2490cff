import type { MultiFactor, SecondFactor } from './factors.js';
import type { IdentityProviderRef } from './identity-provider.js';
import type { LoginSettingsInput } from './settings.js';

/** A policy to add. */
export interface NewLoginPolicy {
  /** The settings that differ from the defaults. The recorded event names all settings. Default: none. */
  readonly settings?: LoginSettingsInput;
  /** Default: none. */
  readonly secondFactors?: readonly SecondFactor[];
  /** Default: none. */
  readonly multiFactors?: readonly MultiFactor[];
  /** Default: none. */
  readonly identityProviders?: readonly IdentityProviderRef[];
}
