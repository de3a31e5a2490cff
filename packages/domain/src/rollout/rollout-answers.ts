import type { Position, Fault } from '@login-policy/event-sourcing';
import type { Reason } from '../policy/rejections.js';
import type { Owner } from '../policy/owner.js';
import type { PeopleByChange, PeopleUnknown } from '../sign-in/people.js';
import type { ChangeWarnings } from '../sign-in/warnings.js';
import type { PolicyCount } from '../reads/answers.js';

/** A policy that a rollout should change but does not. */
export interface RolloutRefusal {
  readonly owner: Owner;
  /**
   * The reason: a command's refusal, `not-permitted` by `mayChange`, or the code of an unreadable or unwritable
   * policy's fault.
   */
  readonly reason: Reason | Fault['code'] | 'not-permitted';
  readonly message: string;
}

/**
 * What a rollout would do to one policy, as it was `seen`: pass the `seen` of all steps as `ifSeen`. Nothing is seen of a
 * policy that the caller may not change.
 */
export type RolloutStep =
  | {
      readonly owner: Owner;
      readonly outcome: 'would-change';
      readonly seen: string;
      readonly warnings: ChangeWarnings;
      /** For a change that matters to sign-ins: the users it affects, or why that is unknown. */
      readonly people?: PeopleByChange | PeopleUnknown;
    }
  | { readonly owner: Owner; readonly outcome: 'nothing-to-do'; readonly seen: string }
  | {
      readonly owner: Owner;
      readonly outcome: 'would-be-refused';
      readonly seen?: string;
      readonly refusal: RolloutRefusal;
    };

/** A page of a plan: what a rollout would do. Nothing is written. */
export interface RolloutPlan {
  readonly kind: 'rollout-plan';
  /**
   * The default policy first, then custom policies in the order of `organizationsWithCustomPolicy`.
   */
  readonly steps: readonly RolloutStep[];
  /** The number of this page's steps with each outcome. */
  readonly counts: Readonly<Record<RolloutStep['outcome'], number>>;
  /** On the first page: the number of policies, including the default. */
  readonly total?: number;
  /** Pass it as `after` to get the next page; `undefined` on the last page. */
  readonly next: string | undefined;
  /** The position the page holds for. */
  readonly position: Position;
  /** The default policy that the plan saw: pass it as `ifSeen`, alone or with the `seen` of the steps. */
  readonly seen: string;
}

/** The progress of a rollout or its revert. */
export interface RolloutProgress {
  /** The policies processed so far. */
  readonly done: number;
  /** The number of policies when this run began. More may exist by now. */
  readonly of: number;
  /** The policies that this run changed, without those that an earlier run of the same rollout changed. */
  readonly changed: number;
  readonly refused: number;
  /** The refusals since the previous progress. */
  readonly refusals: readonly RolloutRefusal[];
}

/** The result of a rollout on the current policies, from their events, in any process. */
export interface RolloutReport {
  readonly kind: 'rollout-report';
  /** Policies with an event of this rollout. */
  readonly changed: number;
  /** Policies with nothing to change. */
  readonly unchanged: number;
  /** Policies that it would change but has not: carry it out again. */
  readonly pending: number;
  readonly refused: readonly RolloutRefusal[];
  /** For a removal: how many custom policies still allow it; `unknown` beside some that this program can't read. */
  readonly stillAllowing: PolicyCount | 'unknown' | undefined;
}

/** A partial report: the numbers so far, and the refusals since the previous part. */
export interface RolloutStanding extends Pick<RolloutReport, 'changed' | 'pending' | 'unchanged'> {
  readonly refusals: readonly RolloutRefusal[];
  /** With the last part, for a removal: as in the report. */
  readonly stillAllowing?: PolicyCount | 'unknown';
}
