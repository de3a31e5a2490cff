import type { Rejected } from '@login-policy/domain';
import type { RefusedByProposals } from '../ports/proposals.js';
import { ApiError, type ApiErrorContent } from './api-error.js';
import { fromRejectedCommand, type AbsentAnswer } from './status.js';

/** Another person has to approve this change: it is not carried out, and can be proposed. */
export function needsApproval(needed: number): ApiError {
  const others = needed === 1 ? 'one other person' : `${needed} other people`;
  return new ApiError({
    code: 'failedPrecondition',
    id: 'LP-PROPOSAL-01',
    sentence: `This change needs the approval of ${others}, so nothing was changed. Propose it with _propose, or give it with _emergency if it can’t wait.`,
    more: [{ id: 'approvals-needed', message: String(needed) }],
  });
}

/** A caller may only look at proposals about their own organization. */
export function noSuchProposal(): ApiError {
  return new ApiError({ ...OWN['proposal-not-found'], sentence: 'There is no such proposal.' });
}

const NOT_FOUND = { code: 'notFound', id: 'LP-PROPOSAL-02' } as const;
const MAY_NOT = { code: 'permissionDenied', id: 'LP-PROPOSAL-06' } as const;

/** The refusals of proposals' own. */
const OWN = {
  'proposal-not-found': NOT_FOUND,
  'proposal-already-exists': { code: 'alreadyExists', id: 'LP-PROPOSAL-03' },
  'proposal-closed': { code: 'failedPrecondition', id: 'LP-PROPOSAL-04' },
  'proposal-expired': { code: 'failedPrecondition', id: 'LP-PROPOSAL-05' },
  'own-proposal': MAY_NOT,
  'may-not-approve': MAY_NOT,
  'not-the-proposer': MAY_NOT,
  'seen-no-longer-holds': { code: 'aborted', id: 'LP-PROPOSAL-07' },
  'organization-not-found': { code: 'failedPrecondition', id: 'LP-PROPOSAL-08' },
} as const satisfies Readonly<Record<string, Omit<ApiErrorContent, 'sentence'>>>;

/** A refusal of proposals as an answer. */
export function fromRefusedProposal(refused: RefusedByProposals, absent: AbsentAnswer): ApiError {
  const { message, rejection } = refused;
  const own = Object.entries(OWN).find(([reason]) => reason === rejection.reason)?.[1];
  if (own !== undefined) return new ApiError({ ...own, sentence: message });
  if (isOfPolicies(refused)) return fromRejectedCommand(refused, absent);
  throw new Error(`proposals refused for an unknown reason: ${rejection.reason}`);
}

/** The reasons of the policies all have a status. */
function isOfPolicies(refused: RefusedByProposals): refused is RefusedByProposals & Rejected {
  return refused.rejection.reason !== 'proposal-not-due';
}
