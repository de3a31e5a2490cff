import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { attempt } from '../state/attempt.js';
import { policyOf } from '../state/policies.js';
import {
  confirm,
  giveUp,
  meet,
  previewAgain,
  leaveProposal,
  proposeInstead,
  type Proposal,
  type Stage,
} from '../state/proposals.js';
import { keepReason, reasonFor } from '../state/reasons.js';
import { commandData } from '../wire/command-data.js';
import { lockedOutOf } from '../wire/people.js';
import { hasMovedOn, type Policy } from '../wire/policy.js';
import { INSTANCE } from '../wire/scope.js';
import { counted } from '../words/counted.js';
import { intentTitle } from '../words/intent.js';
import { movedOnInWords } from '../words/moved-on.js';
import { lockOutsIn } from '../words/warnings.js';
import { DiffList } from './diff-list.js';
import { EffectOn } from './effect-on.js';
import { Override } from './override.js';
import { Modal } from './modal.js';
import { ReasonField } from './reason-field.js';
import { ScopeChoice } from './scope-choice.js';
import { Warnings } from './warnings.js';
import { useYesterday } from './yesterday.js';

const WHAT_IT_DOES = 'what-it-does';

/** The preview of a change: its effects, the affected users, the warnings, and a field for the reason. */
export function PreviewDialog({ proposal }: { readonly proposal: Proposal }): JSX.Element {
  const { scope, intent, preview, failure, stage } = proposal;
  const lookedBack = useYesterday(preview?.people === undefined ? undefined : { scope, command: commandData(intent) });
  const isThere = preview !== undefined && !lookedBack.isNear;
  useEffect(() => {
    if (stage === 'open') return;
    const ask = (event: BeforeUnloadEvent): void => {
      event.preventDefault();
    };
    addEventListener('beforeunload', ask);
    return () => {
      removeEventListener('beforeunload', ask);
    };
  }, [stage]);
  return (
    <Modal title={titleOf(proposal)} dismissed={giveUp} describedBy={WHAT_IT_DOES}>
      <ScopeChoice scope={scope} intent={intent} />
      <div id={WHAT_IT_DOES}>
        {!isThere && failure === undefined && <p class="soft">Asking what it would do…</p>}
        {preview !== undefined && isThere && (
          <>
            <Warnings introduced={preview.introduced} standing={preview.standing} />
            <h3>What will change</h3>
            {preview.changes.length > 0 ? <DiffList changes={preview.changes} /> : <NoChange proposal={proposal} />}
            <h3>Who is affected</h3>
            <EffectOn scope={scope} intent={intent} preview={preview} lookedBack={lookedBack} />
          </>
        )}
      </div>
      {failure !== undefined && <Failure sentence={failure} proposal={proposal} />}
      {(isThere || failure !== undefined) && <Decision proposal={proposal} />}
    </Modal>
  );
}

/** The title, without settings that already have the value. */
function titleOf({ intent, scope, preview }: Proposal): string {
  if (intent.wish !== 'change-settings' || preview === undefined) return intentTitle(intent, scope);
  return `Change ${counted(preview.changes.length, 'setting')}`;
}

interface FailureProps {
  readonly sentence: string;
  readonly proposal: Proposal;
}

function Failure({ sentence, proposal: { preview, isOpenWhether } }: FailureProps): JSX.Element {
  const isPreviewed = preview !== undefined;
  const outcome = isOpenWhether === true ? OPEN : 'Nothing was recorded.';
  return (
    <div class="try-again" role="alert">
      <p>
        {sentence} {isPreviewed && outcome}
      </p>
      {!isPreviewed && (
        <button
          type="button"
          class="button button-small"
          onClick={() => {
            attempt(previewAgain);
          }}
        >
          Try again
        </button>
      )}
    </div>
  );
}

const OPEN = 'An earlier attempt may have been recorded: look into the history.';

function NoChange({ proposal: { intent, preview } }: { readonly proposal: Proposal }): JSX.Element {
  if (preview?.events.length === 0) return <p>Nothing: this is how it is already, so nothing would be recorded.</p>;
  if (intent.wish === 'add-custom') {
    return (
      <p>
        Nothing today: the custom policy starts as a copy of the default. From then on a change of the default does not
        reach this organization.
      </p>
    );
  }
  if (intent.wish === 'reset') {
    return (
      <p>Nothing today: it is like the default. From then on a change of the default reaches this organization.</p>
    );
  }
  return <p>No visible change.</p>;
}

function Decision({ proposal }: { readonly proposal: Proposal }): JSX.Element {
  const { scope, intent, stage } = proposal;
  const reason = useSignal(reasonFor(scope, intent));
  const given = (): string => reason.value.trim();
  const isStale = isOutdatedNow(proposal);
  const lockOuts = proposal.preview === undefined ? [] : lockOutsIn(proposal.preview);
  const isMeant = useSignal(false);
  const isHeldBack = lockOuts.length > 0 && (!isMeant.value || reason.value.trim() === '');
  return (
    <form
      class="decision"
      onSubmit={(event) => {
        event.preventDefault();
        if (isStale) attempt(() => meet(given()));
        else if (!isHeldBack) attempt(() => confirm(given(), lockOuts));
      }}
    >
      <ReasonField
        reason={reason}
        isReadOnly={stage !== 'open'}
        typed={(text) => {
          keepReason(scope, intent, text);
        }}
      />
      {lockOuts.length > 0 && (
        <Override
          refused={REFUSED}
          administrators={lockedOutOf(proposal.preview?.people).administrators}
          isMeant={isMeant}
        />
      )}
      {stage === 'open' && <Pinned proposal={proposal} isStale={isStale} />}
      <p class={stage === 'finding-out' ? 'warning-line' : 'soft'} role="status">
        {SAID[stage]}
      </p>
      <Buttons proposal={proposal} isStale={isStale} isHeldBack={isHeldBack} given={given} />
    </form>
  );
}

const REFUSED = 'The server refuses this change, because it locks users out.';
const SAID: Readonly<Record<Stage, string>> = {
  open: '',
  recording: 'Recording…',
  'finding-out':
    'The answer was lost, so it is not known yet whether this was recorded. Finding out… It is recorded once, however often it is sent.',
};

interface StaleOrNot {
  readonly proposal: Proposal;
  readonly isStale: boolean;
}

interface ButtonsProps extends StaleOrNot {
  readonly isHeldBack: boolean;
  readonly given: () => string;
}

function Buttons({ proposal, isStale, isHeldBack, given }: ButtonsProps): JSX.Element {
  const { preview, stage } = proposal;
  if (stage === 'finding-out') {
    return (
      <div class="buttons">
        <button type="button" class="button" onClick={leaveProposal}>
          Stop asking
        </button>
      </div>
    );
  }
  const isPointless = preview === undefined || preview.events.length === 0;
  const isRecording = stage === 'recording';
  return (
    <div class="buttons">
      {/* Not disabled while it is being recorded: it would lose the focus. */}
      <button
        type="submit"
        class={`button ${isStale ? 'button-primary' : toneOf(proposal)}`}
        disabled={(isPointless || isHeldBack) && !isStale}
        aria-disabled={isRecording}
      >
        {isStale ? 'Compare versions' : 'Confirm'}
      </button>
      <button
        type="button"
        class="button"
        disabled={isPointless || isStale || isRecording}
        onClick={() => attempt(() => proposeInstead(given()))}
      >
        Propose to others
      </button>
      <button type="button" class="button" disabled={isRecording} onClick={giveUp}>
        Cancel
      </button>
    </div>
  );
}

function toneOf({ intent: { wish } }: Proposal): string {
  return wish === 'remove-factor' || wish === 'remove-provider' || wish === 'reset'
    ? 'button-danger'
    : 'button-primary';
}

function isOutdatedNow(asked: Proposal): boolean {
  const { isOutdated, seen, stage, preview, failure } = asked;
  const now = madeOnTopOf(asked);
  if (stage !== 'open') return false;
  if (isOutdated === true) return true;
  if (now === undefined) return false;
  // Without a preview there is no base, because the user's own last change may still be being read back.
  if (preview === undefined && failure === undefined) return false;
  return hasMovedOn(seen, now);
}

/**
 * The current base of a change. For a new custom policy it is the default policy, unless the organization's own was
 * read. What the one was read as depending on can't be compared with the other.
 */
function madeOnTopOf({ scope, intent }: Proposal): Policy | undefined {
  const own = policyOf(scope);
  const standard = intent.wish === 'add-custom' ? policyOf(INSTANCE) : undefined;
  return own ?? (standard && { ...standard, seen: undefined });
}

function Pinned({ proposal: asked, isStale }: StaleOrNot): JSX.Element {
  const { seen, intent } = asked;
  if (isStale)
    return (
      <p class="warning-line" role="status">
        {movedOn(asked)} Compare the versions first.
      </p>
    );
  const sequence = (intent.wish === 'revert' ? intent.onTopOf : undefined) ?? seen.details.sequence;
  return (
    <p class="soft">
      Based on version {sequence}
      {intent.wish === 'add-custom' && ' of the default policy'}. If somebody else changes the policy first, nothing is
      recorded and you can compare both versions.
    </p>
  );
}

/** How the base differs from the policy the user saw. Sequences of two owners are not comparable. */
function movedOn(asked: Proposal): string {
  const { seen, intent } = asked;
  return movedOnInWords(seen, madeOnTopOf(asked), intent.wish === 'add-custom' ? 'default policy' : 'policy');
}
