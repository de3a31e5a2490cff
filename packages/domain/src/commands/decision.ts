import type { Decision } from '@login-policy/event-sourcing';
import type { LoginPolicyEvent } from '../policy/events.js';
import type { IdentityProviderId } from '../policy/identity-provider.js';
import type { LoginPolicy } from '../policy/login-policy.js';
import type { Instance, OwnerKind } from '../policy/owner.js';
import type { UnreadableFault } from '../policy/policy-state.js';
import type { PolicyRejection } from '../policy/rejections.js';
import type { Seen, SeenName, SeenPolicy } from '../policy/seen.js';
import type { PeopleAffected, PeopleUnknown } from '../sign-in/people.js';
import type { Acknowledgement } from './acknowledge.js';

/** The events of an accepted command, or the reason for the refusal. */
export type LoginPolicyDecision = Decision<LoginPolicyEvent, PolicyRejection>;

/** What a decision depends on beside the command and the policy. */
export interface Circumstances {
  readonly owner: OwnerKind;
  /** Default: {@link NO_FACTS}. */
  readonly facts?: PolicyFacts | undefined;
  /** Default: `warn`. */
  readonly guard?: Guard | undefined;
}

/** `refuse`: a command that would lock users out is refused (`would-lock-out`). `warn`: only its preview warns. */
export type Guard = 'refuse' | 'warn';

/** What a command's decision needs from outside the command and the policy. */
export interface PolicyFacts {
  /**
   * The identity providers that do not exist, of those named, and for the guard of those linked; empty without a
   * directory.
   */
  readonly unknownIdentityProviders: ReadonlySet<IdentityProviderId>;
  /** For a revert: the owner's policy at that moment. */
  readonly model?: LoginPolicy;
  /**
   * For commands before or after which an organization may have no custom policy: the default policy, or why it can't be
   * read.
   */
  readonly fallback?: LoginPolicy | UnreadableFault;
  /** The default policy after all steps of a plan, for their previews. Default: `fallback`. */
  readonly planned?: LoginPolicy | UnreadableFault | undefined;
  /** The last event of that default policy. */
  readonly defaultEnd?: DefaultEnd;
  /** What the caller accepts. */
  readonly acknowledged?: readonly Acknowledgement[];
  /** With `ifSeen`: what the caller saw. */
  readonly seen?: SeenFacts;
  /** With the guard on, for a command that could lock users out: the users counted. Default: no census. */
  readonly people?: CountedPeople;
}

/** The users whom a change was counted to affect. */
export interface CountedPeople {
  /** The policies that these users meet, as they were when the users were counted. */
  readonly before: LoginPolicy;
  readonly after: LoginPolicy;
  /** `undefined` if such a change locks nobody out. */
  readonly affected: PeopleAffected | PeopleUnknown | undefined;
  /** Whether the caller is among those locked out. */
  readonly isYou: boolean;
}

/** The facts of a command that needs none. */
export const NO_FACTS: PolicyFacts = Object.freeze({ unknownIdentityProviders: new Set<never>() });

/** What the caller saw, and the ends that count as that: also those that the caller's own plan recorded since. */
export interface SeenFacts {
  readonly seen: Seen;
  readonly own: readonly SeenName[];
  readonly byDefault: readonly SeenName[];
}

/** The end of the default policy that was looked up for a command. */
export interface DefaultEnd {
  readonly instance: Instance;
  readonly last: SeenPolicy;
}
