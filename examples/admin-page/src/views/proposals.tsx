import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { CheckLink } from '../parts/check-link.js';
import { DiffList } from '../parts/diff-list.js';
import { Instant } from '../parts/instant.js';
import { Choice } from '../parts/organization-filter.js';
import { ReasonField } from '../parts/reason-field.js';
import { TryAgain } from '../parts/try-again.js';
import { useLoaded } from '../parts/use-loaded.js';
import { Sentences } from '../parts/warnings.js';
import { WhoIsAffected } from '../parts/who-is-affected.js';
import { YesterdaysSignIns } from '../parts/yesterday.js';
import { attempt } from '../state/attempt.js';
import { say } from '../state/notices.js';
import { directoryChanged, directoryChanges, learn, organizationName } from '../state/organizations.js';
import { chosen } from '../state/route.js';
import { mayWrite, signedIn } from '../state/session.js';
import { INSTANCE, organization } from '../wire/scope.js';
import {
  decideProposal,
  readProposalNow,
  readProposals,
  type ProposalNow,
  type ProposalShown,
} from '../wire/proposals.js';
import { actorName } from '../words/actor.js';
import { commandInWords, isWaiting, STAGES, waitsFor, type WaitsFor } from '../words/proposal.js';

const WHICH: readonly (readonly ['' | 'all' | WaitsFor, string])[] = [
  ['', 'Waiting'],
  ['approval', 'Waiting for approval'],
  ['date', 'Approved, with a date'],
  ['rollout', 'Rollouts that wait'],
  ['all', 'All'],
];

/** Changes that others approve, or that have a date, each with what it would do now. */
export function ProposalsView(): JSX.Element {
  const shown = useSignal<readonly ProposalShown[] | undefined>(undefined);
  const which = WHICH.find(([name]) => name === chosen('which'))?.[0] ?? '';
  const loading = useLoaded(`${which} ${directoryChanges.value}`, async (isWanted) => {
    const read = await readProposals(which === 'all' ? 'all' : 'waiting');
    const proposals = which === 'all' || which === '' ? read : read.filter((one) => waitsFor(one) === which);
    const ids = proposals.flatMap(({ steps }) => steps.map(({ organizationId }) => organizationId));
    await learn([...new Set(ids)].filter((id) => id !== ''));
    if (isWanted()) shown.value = proposals.toSorted((one, other) => (one.proposedAt < other.proposedAt ? 1 : -1));
  });
  return (
    <>
      <h1 tabIndex={-1}>Proposals</h1>
      <p class="lead">Changes that another person approves, or that have a date. Each shows what it would do now.</p>
      <search class="organization-filter">
        <Choice label="Which" name="which" options={WHICH} />
      </search>
      <TryAgain what="The proposals" loading={loading} />
      {shown.value?.length === 0 && <p class="soft">{which === 'all' ? 'There is none yet.' : 'Nothing waits.'}</p>}
      <ul class="proposals" aria-label="Proposals" aria-busy={loading.isBusy}>
        {shown.value?.map((one) => (
          <li key={one.id} class="card">
            <OneProposal proposal={one} />
          </li>
        ))}
      </ul>
    </>
  );
}

function OneProposal({ proposal }: { readonly proposal: ProposalShown }): JSX.Element {
  const { steps, stage, isRollout, reason, proposer, proposedAt, approvers, needed, problem } = proposal;
  return (
    <>
      <h2>{steps.map(({ command }) => commandInWords(command)).join(', ')}</h2>
      <p>
        <span class="badge">{STAGES[stage] ?? stage}</span>{' '}
        {isRollout ? 'Everywhere' : [...new Set(steps.map(({ organizationId }) => whose(organizationId)))].join(', ')}
      </p>
      <p class="soft">
        Proposed by {actorName(proposer)}, <Instant at={proposedAt} />. {approvers.length} of {needed} approvals
        {approvers.length > 0 && `: ${approvers.map(actorName).join(', ')}`}.
      </p>
      <Dates {...proposal} />
      {reason !== undefined && <p class="entry-reason">{reason}</p>}
      {problem !== undefined && <p class="warning-line">{problem}</p>}
      {isWaiting(proposal) && <WaitingProposal proposal={proposal} />}
    </>
  );
}

function whose(organizationId: string): string {
  return organizationId === '' ? 'Default policy' : organizationName(organizationId);
}

function Dates({ at, until, expiresAt, stage }: ProposalShown): JSX.Element {
  return (
    <p class="soft">
      {at !== undefined && (
        <>
          Carried out <Instant at={at} />.{' '}
        </>
      )}
      {until !== undefined && (
        <>
          Taken back <Instant at={until} />.{' '}
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

function WaitingProposal({ proposal }: { readonly proposal: ProposalShown }): JSX.Element {
  const now = useSignal<ProposalNow | undefined>(undefined);
  const loading = useLoaded(`${proposal.id} ${directoryChanges.value}`, async (isWanted) => {
    const found = await readProposalNow(proposal.id);
    if (isWanted()) now.value = found;
  });
  return (
    <>
      <TryAgain what="What it would do now" loading={loading} />
      {now.value !== undefined && <Now now={now.value} proposal={proposal} />}
      {mayWrite(INSTANCE) && <Decision proposal={proposal} now={now.value} />}
    </>
  );
}

interface NowProps {
  readonly now: ProposalNow;
  readonly proposal: ProposalShown;
}

function Now({ now, proposal }: NowProps): JSX.Element {
  if ('refused' in now) return <p class="warning-line">It would be refused now. {now.refused}</p>;
  return (
    <>
      <h3>What it would do now</h3>
      {now.warnings.length > 0 && <Sentences sentences={now.warnings} label="Warnings" />}
      {now.changes.length > 0 && <DiffList changes={now.changes} />}
      <WhoIsAffected people={now.people} />
      {now.people !== undefined && <Yesterday proposal={proposal} />}
    </>
  );
}

/** A plan of several steps can't be looked back with. */
function Yesterday({ proposal: { isRollout, steps } }: { readonly proposal: ProposalShown }): JSX.Element | null {
  const [step, ...others] = steps;
  if (step === undefined || others.length > 0) return null;
  const { command, organizationId } = step;
  const scope = organizationId === '' ? INSTANCE : organization(organizationId);
  return (
    <>
      <YesterdaysSignIns scope={scope} command={command} isEverywhere={isRollout} />
      <CheckLink scope={scope} command={command} />
    </>
  );
}

interface DecisionProps {
  readonly proposal: ProposalShown;
  readonly now: ProposalNow | undefined;
}

/** The proposer may withdraw it, and everybody else approve it as they see it, or reject it. */
function Decision({ proposal: { id, proposer, stage }, now }: DecisionProps): JSX.Element {
  const reason = useSignal('');
  const isOwn = signedIn()?.userId === proposer;
  const seen = now !== undefined && 'seen' in now ? now.seen : undefined;
  const decide = (name: 'approve' | 'reject' | 'withdraw', done: string) => (): void => {
    attempt(async () => {
      await decideProposal(name, { id, reason: reason.value.trim(), ...(seen !== undefined && { seen }) });
      say('done', done);
      directoryChanged();
    });
  };
  return (
    <form class="decision" onSubmit={(event) => event.preventDefault()}>
      <ReasonField reason={reason} />
      <div class="buttons">
        {!isOwn && stage === 'open' && (
          <button
            type="button"
            class="button button-primary"
            disabled={seen === undefined}
            onClick={decide('approve', 'Approved.')}
          >
            Approve
          </button>
        )}
        {!isOwn && (
          <button type="button" class="button" onClick={decide('reject', 'Rejected.')}>
            Reject
          </button>
        )}
        {isOwn && (
          <button type="button" class="button" onClick={decide('withdraw', 'Withdrawn.')}>
            Withdraw
          </button>
        )}
      </div>
    </form>
  );
}
