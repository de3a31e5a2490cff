import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { confirm, giveUp, type Proposal } from '../state/proposals.js';
import { policyOf } from '../state/policies.js';
import { intentTitle } from '../words/intent.js';
import { DiffList } from './diff-list.js';
import { EffectOn } from './effect-on.js';
import { Modal } from './modal.js';
import { attempt } from '../state/attempt.js';
import { Warnings } from './warnings.js';

/** What a change would do, before it is made: what changes, for whom, what to beware of, and why it is done. */
export function PreviewDialog({ proposal }: { readonly proposal: Proposal }): JSX.Element {
  const { scope, intent, preview, failure } = proposal;
  return (
    <Modal title={intentTitle(intent, scope)} dismissed={giveUp}>
      {preview === undefined && failure === undefined && <p class="soft">Asking what it would do…</p>}
      {failure !== undefined && (
        <p class="problem" role="alert">
          {failure}
        </p>
      )}
      {preview !== undefined && (
        <>
          <Warnings sentences={preview.warnings} />
          <h3>What will change</h3>
          {preview.changes.length > 0 ? <DiffList changes={preview.changes} /> : <NoChange proposal={proposal} />}
          <h3>Whom it affects</h3>
          <EffectOn scope={scope} preview={preview} />
        </>
      )}
      <Decision proposal={proposal} />
    </Modal>
  );
}

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
  return <p>Nothing that users meet.</p>;
}

function Decision({ proposal }: { readonly proposal: Proposal }): JSX.Element {
  const reason = useSignal(proposal.reason ?? '');
  const { preview, isUnderWay, intent } = proposal;
  const isPointless = preview === undefined || preview.events.length === 0;
  return (
    <form
      class="decision"
      onSubmit={(event) => {
        event.preventDefault();
        attempt(() => confirm(reason.value.trim()));
      }}
    >
      <label class="field">
        <span>Why</span>
        <textarea
          rows={2}
          maxLength={500}
          placeholder="Kept in the history, beside your name"
          value={reason}
          onInput={({ currentTarget }) => {
            reason.value = currentTarget.value;
          }}
        />
      </label>
      {intent.wish !== 'add-custom' && <Pinned proposal={proposal} />}
      <div class="buttons">
        {/* Not disabled while it is under way: it would lose the focus. */}
        <button type="submit" class={`button ${toneOf(proposal)}`} disabled={isPointless} aria-disabled={isUnderWay}>
          {isUnderWay ? 'Recording…' : 'Confirm'}
        </button>
        <button type="button" class="button" onClick={giveUp}>
          Cancel
        </button>
      </div>
    </form>
  );
}

function toneOf({ intent: { wish } }: Proposal): string {
  return wish === 'remove-factor' || wish === 'remove-provider' || wish === 'reset'
    ? 'button-danger'
    : 'button-primary';
}

function Pinned({ proposal: { scope, seen } }: { readonly proposal: Proposal }): JSX.Element {
  const now = policyOf(scope)?.details.sequence;
  const { sequence } = seen.details;
  return now === undefined || now === sequence ? (
    <p class="soft">
      Made on top of sequence {sequence}. If somebody else changes the policy first, nothing is written and you see both
      versions.
    </p>
  ) : (
    <p class="warning-line" role="status">
      The policy has moved on to sequence {now} since you looked at sequence {sequence}: nothing will be written, and
      you will see both versions.
    </p>
  );
}
