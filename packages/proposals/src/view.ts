import type { RecordedChange } from './change.js';
import type { Problem, StepResult } from './events.js';
import { dueAt, isApproved, type Approval, type Person, type Proposal, type Stage } from './proposal.js';

/** A proposal in answers. All of it is JSON; instants are ISO 8601 in UTC. */
export interface ProposalView {
  readonly kind: 'proposal';
  readonly instanceId: string;
  readonly id: string;
  /** `approved`: by enough others, and not yet due. */
  readonly stage: Stage | 'approved';
  readonly change: RecordedChange;
  readonly reason?: string;
  readonly proposer: Person;
  readonly proposedAt: string;
  /** How many others have to approve it. */
  readonly needed: number;
  /** Those that count: all of them of the same policies as they were seen. */
  readonly approvals: readonly Omit<Approval, 'eventId'>[];
  /** Carried out at this instant; without it, once it is approved. */
  readonly at?: string;
  /** Taken back at this instant. */
  readonly until?: string;
  readonly expiresAt: string;
  readonly isEmergency: boolean;
  /** Why the approvals before were void, so that it is asked again. */
  readonly voided?: Problem;
  readonly dueAt?: string;
  readonly begunAt?: string;
  /** How long after it was due it was begun: nobody ran meanwhile. */
  readonly lateByMs?: number;
  /** What became of each policy; of a rollout, of those that were refused. */
  readonly results?: readonly StepResult[];
  readonly takenBack?: readonly StepResult[];
  readonly problem?: Problem;
  readonly closedBy?: Person & { readonly reason?: string };
  /** The place of its last event, from 1 on. */
  readonly sequence: number;
  readonly changedAt: string;
}

/** A proposal as others see it. */
export function viewOf(proposal: Proposal): ProposalView {
  const { approvals, before: _, seen: __, ...facts } = proposal;
  const isReady = isApproved(proposal);
  const lateByMs =
    facts.dueAt === undefined || facts.begunAt === undefined
      ? undefined
      : Math.max(0, Date.parse(facts.begunAt) - Date.parse(facts.dueAt));
  return {
    kind: 'proposal',
    ...facts,
    ...(isReady && { stage: 'approved', dueAt: dueAt(proposal) }),
    approvals: approvals.map(({ actor, at, subject }) => ({ actor, subject, at })),
    ...(lateByMs !== undefined && { lateByMs }),
  };
}
