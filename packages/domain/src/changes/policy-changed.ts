import type { EventMetadata, Position } from '@login-policy/event-sourcing';
import type { AnyFault } from '@login-policy/event-sourcing/domain';
import type { DateTime } from 'luxon';
import type { RecordedLoginPolicyEvent } from '../events/events.js';
import type { InstanceRef, Organization, Owner } from '../policy/owner.js';
import type { LoginPolicyView } from '../reads/answers.js';
import type { PolicyChange } from '../reads/diff.js';
import type { LockOut } from '../sign-in/warnings.js';

/** Which organizations a change is met in, by page. */
export interface Reached {
  /**
   * Those whose users meet the change: the organization itself; of a default, those that have no custom policy when they are asked for. One
   * that was given a custom policy since is told of by a change of its own. In bounded memory, however many there are.
   *
   * @throws Error for a default, when the policies were opened without `organizations`.
   */
  organizations(page?: {
    readonly limit?: number;
    readonly signal?: AbortSignal;
  }): AsyncIterable<readonly Organization[]>;
}

/** What every change says. */
interface ChangeFacts extends Reached {
  readonly owner: Owner;
  /** Whether it is the policy of an instance: the default. */
  readonly isDefault: boolean;
  /** The place of the change in the order of the store: the same one comes with the same place when it is told again. */
  readonly position: Position;
}

/** A policy was changed by a command. */
export interface PolicyChanged extends ChangeFacts, EventMetadata {
  readonly kind: 'changed';
  /** What was recorded, all by one command. */
  readonly events: readonly RecordedLoginPolicyEvent[];
  /** The last event's place in the policy's stream. */
  readonly sequence: bigint;
  readonly recordedAt: DateTime<true>;
  /** What the owner's users met; of an organization without a custom policy, the default of then. `undefined`: no policy held. */
  readonly before: LoginPolicyView | undefined;
  /** What they meet from then on: give it to `evaluateSignIn`. */
  readonly after: LoginPolicyView | undefined;
  /** What differs between the two. */
  readonly changes: readonly PolicyChange[];
  /** Whether a session that was not enough before is enough now. */
  readonly weakened: boolean;
  /** Whether a session that was enough before is not enough any more. */
  readonly strengthened: boolean;
  /** The warnings that it introduces of people who can't get in any more. */
  readonly lockedOut: readonly LockOut[];
}

/** A policy was changed by an event that this program can't read: what holds now is not known. Sign-in fails closed. */
export interface PolicyUnreadable extends ChangeFacts {
  readonly kind: 'unreadable';
  readonly fault: Extract<AnyFault, { readonly code: 'unreadable-event' | 'written-by-newer-program' }>;
}

/** What `onChange` tells of. */
export type PolicyChangeTold = PolicyChanged | PolicyUnreadable;

/** What a handler of changes is told beside the change. */
export interface ChangeHandling {
  /** Which attempt at this change this is, by this process. */
  readonly attempt: number;
  /** Fires when the turn was lost, the time is up, or it is closed. */
  readonly signal: AbortSignal;
}

/** What is called with every change, and how. */
export interface OnChangeOptions {
  /** What its checkpoint is kept under in the store. Another name begins anew. */
  readonly name: string;
  /** Called with one command's change at a time, in the order of commits, at least once; again when it rejects. */
  readonly handle: (change: PolicyChangeTold, handling: ChangeHandling) => unknown;
  /** Where a name begins that the store has never met: after this position. Default: with the first change there was. */
  readonly from?: Position;
  /** Only of this instance, its default and its organizations. Default: of all. */
  readonly instance?: InstanceRef;
  /** How long a call may take. Default 120,000 ms. */
  readonly handleTimeoutMs?: number;
  /** Closes it. */
  readonly signal?: AbortSignal;
}
