import type { MultiFactor, SecondFactor } from './factors.js';
import type { IdentityProviderRef } from './identity-provider.js';
import type { LoginSettingsInput } from './settings.js';

/** A policy to bring into force. */
export interface NewLoginPolicy {
  /** Those that are not to be the default. What is recorded names all. Default: none. */
  readonly settings?: LoginSettingsInput;
  /** Default: none. */
  readonly secondFactors?: readonly SecondFactor[];
  /** Default: none. */
  readonly multiFactors?: readonly MultiFactor[];
  /** Default: none. */
  readonly identityProviders?: readonly IdentityProviderRef[];
}
