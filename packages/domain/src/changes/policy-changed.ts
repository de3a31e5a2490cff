import type { Position } from '@login-policy/event-sourcing';
import type { DateTime } from 'luxon';
import type { RecordedLoginPolicyEvent } from '../policy/events.js';
import type { InstanceRef, Organization, Owner } from '../policy/owner.js';
import type { UnsaltedMetadata } from '../reads/history.js';
import type { UnreadableFault } from '../policy/policy-state.js';
import type { LoginPolicyView } from '../reads/answers.js';
import type { PolicyChange } from '../policy/diff.js';
import type { LockOut } from '../policy/rejections.js';

/** The organizations a change affects, by page. */
export interface Reached {
  /**
   * The organization itself; for a change of the default, the organizations without a custom policy when this is
   * called. An organization that has been given one since has a change of its own. Uses bounded memory, however many
   * there are.
   *
   * @throws Error for a default policy, when the policies were opened without `organizations`.
   */
  organizations(page?: {
    readonly limit?: number;
    readonly signal?: AbortSignal;
  }): AsyncIterable<readonly Organization[]>;
}

/** The members of every change. */
interface ChangeFacts extends Reached {
  readonly owner: Owner;
  /** Whether it is the instance's default policy. */
  readonly isDefault: boolean;
  /** The change's position in the store. A repeated delivery has the same position. */
  readonly position: Position;
}

/** A policy was changed by a command. */
export interface PolicyChanged extends ChangeFacts, UnsaltedMetadata {
  readonly kind: 'changed';
  /** The events recorded by the command. */
  readonly events: readonly RecordedLoginPolicyEvent[];
  /** The sequence of the last event in the policy. */
  readonly sequence: bigint;
  readonly recordedAt: DateTime<true>;
  /**
   * The owner's effective policy before; for an organization without a custom policy, the default at that time.
   * `undefined`: no policy was in force.
   */
  readonly before: LoginPolicyView | undefined;
  /** The effective policy from then on: pass it to `evaluateSignIn`. */
  readonly after: LoginPolicyView | undefined;
  /** The differences between the two. */
  readonly changes: readonly PolicyChange[];
  /** Whether some session that was insufficient before is sufficient now, for requests of whichever level. */
  readonly weakened: boolean;
  /** Whether some session that was sufficient before is insufficient now, likewise; also without a policy any more. */
  readonly strengthened: boolean;
  /** The warnings it introduces about users who can no longer sign in. */
  readonly lockedOut: readonly LockOut[];
}

/** A policy was changed by an event that this program can't read, so its rules are unknown. Sign-in fails closed. */
export interface PolicyUnreadable extends ChangeFacts {
  readonly kind: 'unreadable';
  readonly fault: UnreadableFault;
}

/** A change as `onChange` reports it. */
export type PolicyChangeTold = PolicyChanged | PolicyUnreadable;

/** The second argument of a handler of changes. */
export interface ChangeHandling {
  /** The number of this attempt at this change in this process. */
  readonly attempt: number;
  /** Aborts when the lease is lost, the time-out passes, or the consumer is closed. */
  readonly signal: AbortSignal;
}

/** The options of `onChange`. */
export interface OnChangeOptions {
  /** The name its checkpoint is stored under. Another name starts over. */
  readonly name: string;
  /** Called with the change of one command at a time, in commit order, at least once; called again when it rejects. */
  readonly handle: (change: PolicyChangeTold, handling: ChangeHandling) => unknown;
  /** Where a new name begins: after this position. Default: at the first change. */
  readonly from?: Position;
  /** Only changes of this instance, of its default and its organizations. Default: of all instances. */
  readonly instance?: InstanceRef;
  /** The time-out of a call. Default 120,000 ms. */
  readonly handleTimeoutMs?: number;
  /** Closes the consumer. */
  readonly signal?: AbortSignal;
}
