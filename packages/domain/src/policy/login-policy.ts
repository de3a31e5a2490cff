import type { MultiFactor, SecondFactor } from './factors.js';
import type { IdentityProvider } from './identity-provider.js';
import type { LoginSettings } from './settings.js';

/** No policy is there: it was never added, or it was removed. */
export interface AbsentPolicy {
  readonly stage: 'absent';
}

/** A policy in force. Factors and identity providers stand in the order in which they were added. */
export interface ActivePolicy {
  readonly stage: 'active';
  readonly settings: LoginSettings;
  readonly secondFactors: readonly SecondFactor[];
  readonly multiFactors: readonly MultiFactor[];
  readonly identityProviders: readonly IdentityProvider[];
}

/** What the events of one policy add up to, and all that a decision looks at. */
export type LoginPolicy = AbsentPolicy | ActivePolicy;

/** Before the first event, and after a removal. */
export const ABSENT: AbsentPolicy = Object.freeze({ stage: 'absent' });
