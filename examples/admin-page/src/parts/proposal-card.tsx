import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { directoryChanges, organizationName } from '../state/organizations.js';
import { mayWrite } from '../state/session.js';
import { readProposalNow, type ProposalNow } from '../wire/proposal-now.js';
import type { ProposalShown } from '../wire/proposals.js';
import { INSTANCE } from '../wire/scope.js';
import { actorName } from '../words/actor.js';
import { isWaiting, proposalTitle, STAGES } from '../words/proposal.js';
import { reachWords } from '../words/task.js';
import { Instant } from './instant.js';
import { ProposalDecision } from './proposal-decision.js';
import { ProposalNowSummary } from './proposal-now-summary.js';
import { TryAgain } from './try-again.js';
import { useLoaded } from './use-loaded.js';

/** A proposal, and while it waits, what it would do now. */
export interface ProposalCardProps {
  readonly proposal: ProposalShown;
  /** Whether what it would do is read at once, and not first when it is asked for. */
  readonly isOpen: boolean;
}

/** A proposal: what, where, by whom and why; while it waits, what it would do now, and its decision. */
export function ProposalCard({ proposal, isOpen }: ProposalCardProps): JSX.Element {
  const { stage, reason, proposer, proposedAt, approvers, needed, problem } = proposal;
  return (
    <>
      <h2>{proposalTitle(proposal)}</h2>
      <p>
        <span class="badge">{STAGES[stage] ?? stage}</span> {whereWords(proposal)}
      </p>
      <p class="soft">
        Proposed by {actorName(proposer)}, <Instant at={proposedAt} />. {approvers.length} of {needed} approvals
        {approvers.length > 0 && `: ${approvers.map(actorName).join(', ')}`}.
      </p>
      <Dates {...proposal} />
      {reason !== undefined && <p class="entry-reason">{reason}</p>}
      {problem !== undefined && <p class="warning-line">{problem}</p>}
      {isWaiting(proposal) && <WaitingProposal proposal={proposal} isOpen={isOpen} />}
    </>
  );
}

/** The policies of a proposal: `Everywhere`, `Default policy, Acme`. */
function whereWords({ reach, steps }: ProposalShown): string {
  if (reach === undefined) return [...new Set(steps.map(({ organizationId }) => whose(organizationId)))].join(', ');
  const words = reachWords(reach);
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

function whose(organizationId: string): string {
  return organizationId === '' ? 'Default policy' : organizationName(organizationId);
}

function Dates({ at, until, expiresAt, stage }: ProposalShown): JSX.Element {
  const isAhead = stage === 'open' || stage === 'approved';
  return (
    <p class="soft">
      {at !== undefined && (
        <>
          {isAhead ? 'To be carried out' : 'Was to be carried out'} <Instant at={at} />.{' '}
        </>
      )}
      {until !== undefined && (
        <>
          {isAhead || stage === 'carried-out' ? 'To be taken back' : 'Was to be taken back'} <Instant at={until} />
          .{' '}
        </>
      )}
      {stage === 'open' && (
        <>
          Asked until <Instant at={expiresAt} />.
        </>
      )}
    </p>
  );
}

function WaitingProposal({ proposal, isOpen: isOpenAtOnce }: ProposalCardProps): JSX.Element {
  const isOpen = useSignal(isOpenAtOnce);
  if (isOpen.value) return <Looked proposal={proposal} />;
  return (
    <p>
      <button
        type="button"
        class="button button-small"
        onClick={() => {
          isOpen.value = true;
        }}
      >
        What it would do now<span class="hidden">: {proposalTitle(proposal)}</span>
      </button>
    </p>
  );
}

function Looked({ proposal }: { readonly proposal: ProposalShown }): JSX.Element {
  const now = useSignal<ProposalNow | undefined>(undefined);
  const { approvers, id, stage } = proposal;
  const loading = useLoaded(`${id} ${stage} ${approvers.length} ${directoryChanges.value}`, async (isWanted) => {
    const found = await readProposalNow(id);
    if (isWanted()) now.value = found;
  });
  return (
    <>
      {now.value === undefined && !loading.hasEnded && <p class="soft">Asking what it would do…</p>}
      <TryAgain what="What it would do now" loading={loading} />
      {now.value !== undefined && <ProposalNowSummary now={now.value} proposal={proposal} />}
      {mayWrite(INSTANCE) && <ProposalDecision proposal={proposal} now={now.value} />}
    </>
  );
}
