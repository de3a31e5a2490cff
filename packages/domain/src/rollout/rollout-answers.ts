import type { FaultCode, Position } from '@login-policy/event-sourcing';
import type { Reason } from '../policy/rejections.js';
import type { Owner } from '../policy/owner.js';
import type { ChangeWarnings } from '../sign-in/warnings.js';

/** A policy that a rollout does not change although it has something to do there. */
export interface RolloutRefusal {
  readonly owner: Owner;
  /** Why: as a command is refused, `not-permitted` by `mayChange`, or the code of the fault of a policy that can't be read or changed. */
  readonly reason: Reason | FaultCode | 'not-permitted';
  readonly message: string;
}

/** What a rollout would do to one policy. */
export type RolloutStep =
  | { readonly owner: Owner; readonly outcome: 'would-change'; readonly warnings: ChangeWarnings }
  | { readonly owner: Owner; readonly outcome: 'nothing-to-do' }
  | { readonly owner: Owner; readonly outcome: 'would-be-refused'; readonly refusal: RolloutRefusal };

/** A page of what a rollout would do. Nothing is written. */
export interface RolloutPlan {
  readonly kind: 'rollout-plan';
  /** The default policy first, then custom policies in the order of {@link LoginPolicies.organizationsWithCustomPolicy}. */
  readonly steps: readonly RolloutStep[];
  /** How many steps of this page have each outcome. */
  readonly counts: Readonly<Record<RolloutStep['outcome'], number>>;
  /** Beside the first page: how many policies there are, the default among them. */
  readonly total?: number;
  /** Give it as `after` to get the next page; `undefined` when this is the last. */
  readonly next: string | undefined;
  /** The place in the order of the whole store that the page holds for. */
  readonly position: Position;
}

/** How far a rollout, or its revert, has come. */
export interface RolloutProgress {
  /** Policies that were looked at. */
  readonly done: number;
  /** How many policies there were when this run began. Others may have come since. */
  readonly of: number;
  /** Policies that this run changed; not those that an earlier run of the same rollout had. */
  readonly changed: number;
  readonly refused: number;
  /** The refusals since the progress before this one. */
  readonly refusals: readonly RolloutRefusal[];
}

/** Where a rollout stands, for the policies that are there now: from their events, whichever process asks. */
export interface RolloutReport {
  readonly kind: 'rollout-report';
  /** Policies with an event of this rollout. */
  readonly changed: number;
  /** Policies with nothing to do. */
  readonly unchanged: number;
  /** Policies that it would change and has not: carry it out again. */
  readonly pending: number;
  readonly refused: readonly RolloutRefusal[];
  /** Of a removal: how many custom policies still allow it. */
  readonly stillAllowing: number | undefined;
}

/** How far a report has come: its numbers so far, and the refusals since the part before. */
export interface RolloutStanding extends Pick<RolloutReport, 'changed' | 'pending' | 'unchanged'> {
  readonly refusals: readonly RolloutRefusal[];
  /** With the last part, of a removal: how many custom policies still allow it. */
  readonly stillAllowing?: number;
}
