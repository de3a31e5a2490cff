import { useSignal, type Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { attempt } from '../state/attempt.js';
import { confirm, giveUp, leaveProposal, meet, proposeInstead, type Proposal, type Stage } from '../state/proposals.js';
import { keepReason } from '../state/reasons.js';
import { mayInEmergency } from '../state/session.js';
import type { Dates } from '../wire/proposals.js';
import { lockOutsIn } from '../words/warnings.js';
import { DecisionButtons } from './decision-buttons.js';
import { Override } from './override.js';
import { isOutdatedNow, Pinned } from './preview-base.js';
import { hasDate, ProposalDates } from './proposal-dates.js';
import { ReasonField } from './reason-field.js';

/** A change with its preview, and what the user typed for it. */
export interface DecisionProps {
  readonly proposal: Proposal;
  readonly reason: Signal<string>;
  readonly dates: Signal<Dates>;
}

/** Asks for the reason, and for an override if users would be locked out; makes the change, or proposes it. */
export function PreviewDecision({ proposal, reason, dates }: DecisionProps): JSX.Element {
  const { scope, intent, stage } = proposal;
  const given = reason.value.trim();
  const isStale = isOutdatedNow(proposal);
  const lockOuts = proposal.preview === undefined ? [] : lockOutsIn(proposal.preview);
  const isMeant = useSignal(false);
  const isHeldBack = lockOuts.length > 0 && (!isMeant.value || given === '');
  return (
    <form
      class="decision"
      onSubmit={(event) => {
        event.preventDefault();
        if (isStale) attempt(() => meet(given));
        else if (!isHeldBack && !hasDate(dates.value)) attempt(() => confirm(given, lockOuts));
      }}
    >
      <ReasonField
        reason={reason}
        isReadOnly={stage !== 'open'}
        typed={(text) => {
          keepReason(scope, intent, text);
        }}
      />
      {lockOuts.length > 0 && <Override refused={REFUSED} people={proposal.preview?.people} isMeant={isMeant} />}
      {stage === 'open' && <ProposalDates dates={dates} />}
      {stage === 'open' && <Pinned proposal={proposal} isStale={isStale} />}
      <Progress stage={stage} />
      <Buttons
        {...{ proposal, isStale, isHeldBack, dates }}
        propose={(asking) => {
          const acknowledged = isMeant.value ? lockOuts : [];
          attempt(() => proposeInstead(asking, { reason: given, acknowledged, ...dates.value }));
        }}
      />
    </form>
  );
}

function Progress({ stage }: { readonly stage: Stage }): JSX.Element {
  return (
    <p class={stage === 'finding-out' ? 'warning-line' : 'soft'} role="status">
      {SAID[stage]}
    </p>
  );
}

const REFUSED = 'The server refuses this change, because it locks users out.';
const SAID: Readonly<Record<Stage, string>> = {
  open: '',
  recording: 'Recording…',
  'finding-out':
    'The answer was lost, so it is not known yet whether this was recorded. Finding out… It is recorded once, however often it is sent.',
};

interface ButtonsProps extends Pick<DecisionProps, 'dates' | 'proposal'> {
  readonly isStale: boolean;
  readonly isHeldBack: boolean;
  readonly propose: Parameters<typeof DecisionButtons>[0]['propose'];
}

function Buttons({ proposal, isStale, isHeldBack, dates, propose }: ButtonsProps): JSX.Element {
  const { intent, preview, scope, stage, needsOthers } = proposal;
  if (stage === 'finding-out' || isStale) {
    const [label, act] =
      stage === 'finding-out' ? (['Stop asking', leaveProposal] as const) : (['Cancel', giveUp] as const);
    return (
      <div class="buttons">
        {isStale && (
          <button type="submit" class="button button-primary">
            Compare versions
          </button>
        )}
        <button type="button" class="button" onClick={act}>
          {label}
        </button>
      </div>
    );
  }
  const isPointless = preview === undefined || preview.events.length === 0;
  const isGrave = ['remove-factor', 'remove-provider', 'reset'].includes(intent.wish);
  return (
    <DecisionButtons
      label="Confirm"
      tone={isGrave ? 'danger' : 'primary'}
      isHeldBack={isPointless || isHeldBack}
      isRecording={stage === 'recording'}
      dates={dates}
      isEmergency={needsOthers === true && mayInEmergency(scope)}
      propose={propose}
      giveUp={giveUp}
    />
  );
}
