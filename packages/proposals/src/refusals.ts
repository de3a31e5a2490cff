import type { Rejection } from '@login-policy/domain';
import { describeRejection, InvalidValue, UnknownMember } from '@login-policy/domain/model';
import type { Stage } from './proposal.js';

/** Why a proposal, or an answer to one, was refused. Branch on `reason`. */
export type ProposalRejection =
  /** What was proposed would be refused by the policies, or is malformed. */
  Rejection | OwnRejection;

/** The refusals of proposals themselves. */
type OwnRejection =
  | { readonly reason: 'proposal-already-exists' | 'proposal-not-found' | 'proposal-not-due' }
  | { readonly reason: 'proposal-expired'; readonly at: string }
  /** It was decided already, or is being carried out. */
  | { readonly reason: 'proposal-closed'; readonly stage: Stage }
  /** Nobody approves or rejects a proposal of their own, by whichever account. */
  | { readonly reason: 'own-proposal' }
  | { readonly reason: 'not-the-proposer' }
  /** The program does not let this person approve. */
  | { readonly reason: 'may-not-approve' }
  /** What the approver saw does not hold any more; the list of the policies that changed is the proposal's. */
  | { readonly reason: 'seen-no-longer-holds' }
  | { readonly reason: 'organization-not-found'; readonly organizationId: string }
  /** Only in `now`: a policy can't be read, so what the proposal would do is unknown. */
  | { readonly reason: 'policy-unreadable'; readonly problem: string };

/** A refusal; nothing was recorded. */
export interface ProposalRefused {
  readonly outcome: 'rejected';
  readonly rejection: ProposalRejection;
  /** The refusal as a sentence for people. */
  readonly message: string;
}

/** A refusal with its sentence. */
export function refused(rejection: ProposalRejection, message: string = sentenceOf(rejection)): ProposalRefused {
  return { outcome: 'rejected', rejection, message };
}

/** What a parser returns, or the refusal of malformed input. */
export function parsed<Input extends object>(parse: () => Input): Input | ProposalRefused {
  try {
    return parse();
  } catch (caught) {
    return refusedInput(caught);
  }
}

/** The refusal of malformed input. Rethrows everything else. */
function refusedInput(caught: unknown): ProposalRefused {
  if (!(caught instanceof InvalidValue)) throw caught;
  const { expected, field, received } = caught;
  const unknown = caught instanceof UnknownMember ? { problem: caught.problem } : {};
  return refused({ reason: 'invalid-argument', field, expected, received, ...unknown });
}

const STAGES: Readonly<Record<Stage, string>> = {
  open: 'is open',
  begun: 'is being carried out',
  'carried-out': 'was carried out',
  ended: 'was carried out, and taken back at its end',
  failed: 'was tried, and could not be carried out',
  rejected: 'was rejected',
  withdrawn: 'was withdrawn',
  expired: 'has expired',
};

function sentenceOf(rejection: ProposalRejection): string {
  return isOfPolicies(rejection) ? describeRejection(rejection) : ownSentence(rejection);
}

function ownSentence(rejection: OwnRejection): string {
  switch (rejection.reason) {
    case 'proposal-already-exists':
      return 'There is another proposal of this id.';
    case 'proposal-not-found':
      return 'There is no such proposal.';
    case 'proposal-not-due':
      return 'The proposal is not due.';
    case 'proposal-expired':
      return `The proposal was not approved by ${rejection.at}, so it is no longer asked.`;
    case 'proposal-closed':
      return `The proposal ${STAGES[rejection.stage]}, so it can't be decided any more.`;
    case 'own-proposal':
      return 'Who proposed a change can withdraw the proposal, but neither approve nor reject it, by no account of theirs.';
    case 'not-the-proposer':
      return 'Only who proposed a change can withdraw the proposal.';
    case 'may-not-approve':
      return 'You may not approve or reject this proposal.';
    case 'seen-no-longer-holds':
      return 'A policy was changed since you looked at the proposal: look at it again, and at what it would do now.';
    case 'organization-not-found':
      return `There is no organization ${rejection.organizationId}.`;
    case 'policy-unreadable':
      return `What it would do is unknown: ${rejection.problem}`;
  }
}

function isOfPolicies(rejection: ProposalRejection): rejection is Rejection {
  return !OWN_REASONS.some((reason) => reason === rejection.reason);
}

const OWN_REASONS: readonly OwnRejection['reason'][] = [
  'proposal-already-exists',
  'proposal-not-found',
  'proposal-not-due',
  'proposal-expired',
  'proposal-closed',
  'own-proposal',
  'not-the-proposer',
  'may-not-approve',
  'seen-no-longer-holds',
  'organization-not-found',
  'policy-unreadable',
];
