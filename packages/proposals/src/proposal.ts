import type { RecordedChange } from './change.js';
import type { Problem, RecordedProposalEvent, StepResult } from './events.js';

/** A person who acts: the account or machine, and the person behind it. */
export interface Person {
  readonly actor: string;
  /** The same for all accounts, tokens and sessions of one person. */
  readonly subject: string;
}

/** An approval that counts: of exactly what was proposed, and of the policies as they were seen. */
export interface Approval extends Person {
  readonly at: string;
  readonly eventId: string;
}

/**
 * - `open`: asked; `needed` others have to approve it;
 * - `begun`: it is being carried out;
 * - `carried-out`, and `ended` once it was taken back at its end;
 * - `failed`: it could not be carried out, or only in part;
 * - `rejected`, `withdrawn`, `expired`.
 */
export type Stage = 'begun' | 'carried-out' | 'ended' | 'expired' | 'failed' | 'open' | 'rejected' | 'withdrawn';

/** A proposal, folded from its events: plain JSON. Instants are ISO 8601 in UTC, so that texts compare as instants. */
export interface Proposal {
  readonly stage: Stage;
  readonly instanceId: string;
  readonly id: string;
  readonly change: RecordedChange;
  readonly reason?: string;
  readonly proposer: Person;
  readonly proposedAt: string;
  /** What the approvals were given on; before the first of them, what the proposer saw. */
  readonly seen: readonly string[];
  readonly needed: number;
  readonly approvals: readonly Approval[];
  readonly at?: string;
  readonly until?: string;
  readonly expiresAt: string;
  readonly isEmergency: boolean;
  /** Why the approvals before were void. */
  readonly voided?: Problem;
  /** From when on it was to be carried out, and when that began. */
  readonly dueAt?: string;
  readonly begunAt?: string;
  /** The sequence of each policy before it. */
  readonly before?: readonly string[];
  /** What became of each policy; of a rollout, of those that were refused. */
  readonly results?: readonly StepResult[];
  readonly problem?: Problem;
  /** What became of each policy at the end. */
  readonly takenBack?: readonly StepResult[];
  /** Who rejected or withdrew it, and why. */
  readonly closedBy?: Person & { readonly reason?: string };
  /** The place of its last event in its stream, from 1 on. */
  readonly sequence: number;
  readonly changedAt: string;
}

/** The state of a proposal's stream; `undefined` before its first event. */
export type ProposalState = Proposal | undefined;

/** Whether enough others have approved it. */
export function isApproved({ approvals, needed, stage }: Proposal): boolean {
  return stage === 'open' && approvals.length >= needed;
}

/** When an approved proposal is to be carried out: at its instant, but not before it was approved. */
export function dueAt({ approvals, at, proposedAt }: Proposal): string {
  const approvedAt = approvals.at(-1)?.at ?? proposedAt;
  return at === undefined || at < approvedAt ? approvedAt : at;
}

/** The state after an event. Pure. */
export function evolve(state: ProposalState, event: RecordedProposalEvent): ProposalState {
  const changedAt = new Date(event.recordedAt).toISOString();
  if (event.type === 'ProposalMade') return made(event, changedAt);
  if (state === undefined) throw new TypeError(`${event.type} follows no ProposalMade`);
  const proposal = { ...state, sequence: Number(event.revision) + 1, changedAt };
  switch (event.type) {
    case 'ProposalApproved':
      return approved(proposal, event);
    case 'ProposalRejected':
      return { ...proposal, stage: 'rejected', closedBy: closedBy(event, subjectOf(event)) };
    case 'ProposalWithdrawn':
      return { ...proposal, stage: 'withdrawn', closedBy: closedBy(event, state.proposer.subject) };
    case 'ProposalExpired':
      return { ...proposal, stage: 'expired' };
    case 'ApprovalsVoided':
      return voided(proposal, event.data.problem);
    case 'CarryingOutBegun':
      return { ...proposal, stage: 'begun', ...event.data, begunAt: changedAt };
    case 'ProposalCarriedOut': {
      const { problem: _, ...carriedOut } = proposal;
      return { ...carriedOut, stage: 'carried-out', results: event.data.steps };
    }
    case 'ProposalNotCarriedOut':
      return { ...proposal, stage: 'failed', problem: event.data.problem, results: event.data.steps };
    case 'ProposalEnded':
      return { ...proposal, stage: 'ended', takenBack: event.data.steps };
  }
}

type Of<Type extends RecordedProposalEvent['type']> = Extract<RecordedProposalEvent, { readonly type: Type }>;

function made({ data, metadata }: Of<'ProposalMade'>, proposedAt: string): Proposal {
  const { subject = metadata.actor, ...facts } = data;
  return {
    stage: 'open',
    ...facts,
    proposer: { actor: metadata.actor, subject },
    ...(metadata.reason !== undefined && { reason: metadata.reason }),
    proposedAt,
    approvals: [],
    sequence: 1,
    changedAt: proposedAt,
  };
}

/** An approval on other policies than those before it takes their place: they were of what no longer holds. */
function approved(proposal: Proposal, { id, data, metadata }: Of<'ProposalApproved'>): Proposal {
  const approval = {
    actor: metadata.actor,
    subject: data.subject ?? metadata.actor,
    at: proposal.changedAt,
    eventId: id,
  };
  const before = isSame(proposal.seen, data.seen) ? proposal.approvals : [];
  const { voided: _, ...asked } = proposal;
  return { ...asked, seen: data.seen, needed: data.needed, approvals: [...before, approval] };
}

/** What needed nobody's approval is no longer what was proposed: somebody has to look at it. */
function voided({ before: _, begunAt: __, dueAt: ___, ...proposal }: Proposal, problem: Problem): Proposal {
  return { ...proposal, stage: 'open', approvals: [], needed: Math.max(1, proposal.needed), voided: problem };
}

/** Whether two lists of what was seen are the same. */
export function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, index) => text === other[index]);
}

function subjectOf({ data, metadata }: Of<'ProposalRejected'>): string {
  return data.subject ?? metadata.actor;
}

function closedBy({ metadata }: RecordedProposalEvent, subject: string): NonNullable<Proposal['closedBy']> {
  const { actor, reason } = metadata;
  return { actor, subject, ...(reason !== undefined && { reason }) };
}
