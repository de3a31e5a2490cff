import type { CommandInput, InstanceRef, OwnerRef, Rejected } from '@login-policy/domain';
import type { PreviewOptions } from '@login-policy/domain/preview';
import type { RolloutCommand, RolloutOptions } from '@login-policy/domain/rollout';
import type { JsonObject, Position } from '@login-policy/event-sourcing';

/** A proposal as answers have it. All of it is JSON; these members are what the API looks at. */
export interface ProposalContent {
  readonly id: string;
  /** Without `organizationId`, a step is on the default policy. */
  readonly change:
    | {
        readonly type: 'plan';
        readonly steps: readonly { readonly organizationId?: string; readonly command: JsonObject }[];
      }
    | { readonly type: 'rollout' };
}

/** A refusal of proposals: by the policies, or by a reason of their own. */
export interface RefusedByProposals {
  readonly outcome: 'rejected';
  readonly rejection: { readonly reason: string };
  readonly message: string;
}

/** The answer to a command on a proposal. */
export type ProposalAnswered =
  | {
      readonly outcome: 'accepted';
      readonly proposal: ProposalContent;
      readonly position: Position;
      readonly isRepeated: boolean;
    }
  | RefusedByProposals;

/** How many others have to approve a change that is given now; refused as the change would be. */
export type ApprovalsAnswered =
  { readonly outcome: 'found'; readonly needed: number; readonly seen: string } | Rejected;

/**
 * Four eyes: `openProposals` of `@login-policy/proposals` makes it. Where it says that a change needs approval, the API
 * does not carry the change out, and offers to propose it.
 */
export interface ProposalsPort {
  /** How many others have to approve a command. */
  needsApproval(owner: OwnerRef, command: CommandInput, options: PreviewOptions): Promise<ApprovalsAnswered>;
  /** How many others have to approve a rollout. */
  rolloutNeedsApproval(
    instance: InstanceRef,
    command: RolloutCommand,
    options: RolloutOptions,
  ): Promise<ApprovalsAnswered>;
  /** How many others have to approve the revert of a rollout. */
  revertNeedsApproval(
    instance: InstanceRef,
    command: RolloutCommand,
    options: RolloutOptions,
  ): Promise<ApprovalsAnswered>;
  /** Proposes a change. */
  propose(instance: InstanceRef, change: object, options: object): Promise<ProposalAnswered>;
  /** Carries a change out without an approval, and records that. */
  emergency(instance: InstanceRef, change: object, options: object): Promise<ProposalAnswered>;
  /** Approves a proposal as it was shown. */
  approve(instance: InstanceRef, id: string, options: object): Promise<ProposalAnswered>;
  /** Rejects a proposal. */
  reject(instance: InstanceRef, id: string, options: object): Promise<ProposalAnswered>;
  /** Withdraws the caller's own proposal. */
  withdraw(instance: InstanceRef, id: string, options: object): Promise<ProposalAnswered>;
  /** One proposal, and while it is asked, what it would do now. */
  proposal(
    instance: InstanceRef,
    id: string,
    options: object,
  ): Promise<
    | {
        readonly outcome: 'found';
        readonly proposal: ProposalContent;
        readonly now?: object;
        readonly position: Position;
      }
    | RefusedByProposals
  >;
  /** A page of proposals. */
  list(
    instance: InstanceRef,
    options: object,
  ): Promise<
    | {
        readonly outcome: 'found';
        readonly proposals: readonly ProposalContent[];
        /** Those of the page that can't be read, and why. */
        readonly unreadable: readonly { readonly id: string; readonly message: string }[];
        readonly next: string | undefined;
        readonly position: Position;
      }
    | RefusedByProposals
  >;
}
