import type { Recorded } from '@login-policy/event-sourcing';
import type { RecordedChange } from './change.js';

/** The stream category of proposals. */
export const PROPOSAL_CATEGORY = 'loginPolicyProposal';

/** Why something was refused or failed: a name to branch on, and a sentence. */
export interface Problem {
  readonly reason: string;
  readonly message: string;
}

/** What became of one policy when a proposal was carried out or taken back. */
export interface StepResult {
  /** Left out: the default policy. */
  readonly organizationId?: string;
  readonly outcome: 'changed' | 'refused' | 'unchanged';
  /** Why it was refused. */
  readonly problem?: Problem;
}

/** Somebody proposed a change. Instants are ISO 8601 in UTC. */
export interface ProposalMade {
  readonly type: 'ProposalMade';
  readonly data: {
    readonly instanceId: string;
    readonly id: string;
    readonly change: RecordedChange;
    /** What the proposer saw of each policy. */
    readonly seen: readonly string[];
    /** The person behind the actor. Left out: the actor, whose name can be erased, and data can't. */
    readonly subject?: string;
    /** How many others have to approve it. */
    readonly needed: number;
    /** Carried out at this instant, or as soon as it is approved. */
    readonly at?: string;
    /** Taken back at this instant. */
    readonly until?: string;
    /** Not approved by then, it is no longer asked. */
    readonly expiresAt: string;
    /** It needs no approval: an emergency, which everybody is told. */
    readonly isEmergency: boolean;
  };
}

/** Another person approved the change, as they saw the policies. */
export interface ProposalApproved {
  readonly type: 'ProposalApproved';
  readonly data: { readonly subject?: string; readonly seen: readonly string[]; readonly needed: number };
}

/** Another person refused it, for the reason in the metadata. */
export interface ProposalRejected {
  readonly type: 'ProposalRejected';
  readonly data: { readonly subject?: string };
}

/** Its proposer took it back. */
export interface ProposalWithdrawn {
  readonly type: 'ProposalWithdrawn';
  readonly data: Readonly<Record<string, never>>;
}

/** Its time passed before it was carried out. */
export interface ProposalExpired {
  readonly type: 'ProposalExpired';
  readonly data: Readonly<Record<string, never>>;
}

/** The policies are no longer as they were approved: it is asked again. */
export interface ApprovalsVoided {
  readonly type: 'ApprovalsVoided';
  readonly data: { readonly problem: Problem };
}

/** It is being carried out, and can't be stopped any more. */
export interface CarryingOutBegun {
  readonly type: 'CarryingOutBegun';
  /** The sequence of each policy before it; `0` for none in force. */
  readonly data: { readonly before: readonly string[]; readonly dueAt: string };
}

/** It was carried out. */
export interface ProposalCarriedOut {
  readonly type: 'ProposalCarriedOut';
  readonly data: { readonly steps: readonly StepResult[] };
}

/** It could not be carried out, or only in part. */
export interface ProposalNotCarriedOut {
  readonly type: 'ProposalNotCarriedOut';
  readonly data: { readonly problem: Problem; readonly steps: readonly StepResult[] };
}

/** Its end came: what it had changed was taken back, unless a policy had changed since. */
export interface ProposalEnded {
  readonly type: 'ProposalEnded';
  readonly data: { readonly steps: readonly StepResult[] };
}

/** Every event of a proposal. */
export type ProposalEvent =
  | ProposalMade
  | ProposalApproved
  | ProposalRejected
  | ProposalWithdrawn
  | ProposalExpired
  | ApprovalsVoided
  | CarryingOutBegun
  | ProposalCarriedOut
  | ProposalNotCarriedOut
  | ProposalEnded;

/** A recorded event of a proposal. */
export type RecordedProposalEvent = Recorded<ProposalEvent>;
