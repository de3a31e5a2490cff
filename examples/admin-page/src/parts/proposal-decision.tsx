import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { attempt } from '../state/attempt.js';
import { decide, type Deciding } from '../state/deciding.js';
import { signedIn } from '../state/session.js';
import type { ProposalNow, ProposalPreview } from '../wire/proposal-now.js';
import type { ProposalShown } from '../wire/proposals.js';
import { proposalTitle } from '../words/proposal.js';
import { lockOutsIn } from '../words/warnings.js';
import { Override } from './override.js';
import { ReasonField } from './reason-field.js';

interface DecisionProps {
  readonly proposal: ProposalShown;
  readonly now: ProposalNow | undefined;
}

/** The proposer may withdraw it, and everybody else approve it as they see it, or reject it. */
export function ProposalDecision({ proposal, now }: DecisionProps): JSX.Element {
  const { id, proposer, stage } = proposal;
  const reason = useSignal('');
  const isMeant = useSignal(false);
  const isOwn = signedIn()?.userId === proposer;
  const preview = now !== undefined && 'seen' in now ? now : undefined;
  const mayApprove = !isOwn && stage === 'open';
  const isLockingOut = mayApprove && preview !== undefined && locksOut(preview);
  const act = (name: Deciding): void => {
    const given = { id, title: proposalTitle(proposal), reason: reason.value.trim() };
    attempt(() => decide(name, name === 'approve' ? { ...given, seen: preview?.seen } : given));
  };
  return (
    <form class="decision" onSubmit={(event) => event.preventDefault()}>
      <ReasonField reason={reason} />
      {isLockingOut && <Override refused={MEANT} people={preview.people} isMeant={isMeant} />}
      <div class="buttons">
        {mayApprove && (
          <button
            type="button"
            class={`button ${isLockingOut ? 'button-danger' : 'button-primary'}`}
            disabled={preview === undefined || (isLockingOut && !isMeant.value)}
            onClick={() => act('approve')}
          >
            Approve
          </button>
        )}
        <button type="button" class="button" onClick={() => act(isOwn ? 'withdraw' : 'reject')}>
          {isOwn ? 'Withdraw' : 'Reject'}
        </button>
      </div>
    </form>
  );
}

const MEANT = 'This locks users out, and its proposer means it.';

function locksOut({ introduced, people, plan }: ProposalPreview): boolean {
  return (plan?.lockingOut ?? lockOutsIn({ introduced, people })).length > 0;
}
