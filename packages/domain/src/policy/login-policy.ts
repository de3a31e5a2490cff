import type { MultiFactor, SecondFactor } from './factors.js';
import type { IdentityProvider } from './identity-provider.js';
import type { LoginSettings } from './settings.js';

/** There is no policy: it was never added, or it was removed. */
export interface AbsentPolicy {
  readonly stage: 'absent';
}

/** A policy in force. Factors and identity providers are in the order in which they were added. */
export interface ActivePolicy {
  readonly stage: 'active';
  readonly settings: LoginSettings;
  readonly secondFactors: readonly SecondFactor[];
  readonly multiFactors: readonly MultiFactor[];
  readonly identityProviders: readonly IdentityProvider[];
}

/** The state of a policy, folded from its events: all that a decision depends on. */
export type LoginPolicy = AbsentPolicy | ActivePolicy;

/** The state before the first event and after a removal. */
export const ABSENT: AbsentPolicy = Object.freeze({ stage: 'absent' });

/** The policy, if it is in force. */
export function activeOf(policy: LoginPolicy | undefined): ActivePolicy | undefined {
  return policy?.stage === 'active' ? policy : undefined;
}
