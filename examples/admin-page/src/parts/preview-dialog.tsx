import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { attempt } from '../state/attempt.js';
import { giveUp, previewAgain, type Proposal } from '../state/proposals.js';
import { reasonFor } from '../state/reasons.js';
import { mayWrite } from '../state/session.js';
import { commandData } from '../wire/command-data.js';
import type { Dates } from '../wire/proposals.js';
import { INSTANCE } from '../wire/scope.js';
import { isDeed } from '../wire/task.js';
import { counted } from '../words/counted.js';
import { intentTitle } from '../words/intent.js';
import { DiffList } from './diff-list.js';
import { EffectOn } from './effect-on.js';
import { Modal } from './modal.js';
import { PreviewDecision, type DecisionProps } from './preview-decision.js';
import { reachOf, ScopeChoice, type Where } from './scope-choice.js';
import { Warnings } from './warnings.js';
import { WideChange } from './wide-change.js';
import { useYesterday } from './yesterday.js';

const WHAT_IT_DOES = 'what-it-does';

/** The preview of a change where it is to be made: its effects, the affected users, the warnings, and a reason. */
export function PreviewDialog({ proposal }: { readonly proposal: Proposal }): JSX.Element {
  const { scope, intent, stage } = proposal;
  const where = useSignal<Where>('this');
  const ids = useSignal(scope.of === 'organization' ? [scope.organizationId] : []);
  const given = { reason: useSignal(reasonFor(scope, intent)), dates: useSignal<Dates>({}) };
  useEffect(() => askBeforeLeaving(stage !== 'open'), [stage]);
  const deed = isDeed(intent) && mayWrite(INSTANCE) ? intent : undefined;
  return (
    <Modal title={titleOf(proposal)} dismissed={giveUp} describedBy={WHAT_IT_DOES}>
      {deed !== undefined && stage === 'open' && <ScopeChoice scope={scope} where={where} ids={ids} />}
      {deed === undefined || where.value === 'this' ? (
        <OnePolicy proposal={proposal} {...given} />
      ) : (
        <WideChange id={WHAT_IT_DOES} {...{ scope, deed, ...given }} reach={reachOf(where.value, ids.value)} />
      )}
    </Modal>
  );
}

/** Lets the browser ask before the page is left while a change is made. */
function askBeforeLeaving(isUnderWay: boolean): (() => void) | undefined {
  if (!isUnderWay) return undefined;
  const ask = (event: BeforeUnloadEvent): void => {
    event.preventDefault();
  };
  addEventListener('beforeunload', ask);
  return () => {
    removeEventListener('beforeunload', ask);
  };
}

/** The title, without settings that already have the value. */
function titleOf({ intent, scope, preview }: Proposal): string {
  if (intent.wish !== 'change-settings' || preview === undefined) return intentTitle(intent, scope);
  return `Change ${counted(preview.changes.length, 'setting')}`;
}

/** What the change does to the one policy, and its decision. */
function OnePolicy({ proposal, ...given }: DecisionProps): JSX.Element {
  const { scope, intent, preview, failure } = proposal;
  const lookedBack = useYesterday(preview?.people === undefined ? undefined : { scope, command: commandData(intent) });
  const isThere = preview !== undefined && !lookedBack.isNear;
  return (
    <>
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
      {(isThere || failure !== undefined) && <PreviewDecision proposal={proposal} {...given} />}
    </>
  );
}

interface FailureProps {
  readonly sentence: string;
  readonly proposal: Proposal;
}

function Failure({ sentence, proposal: { preview, isOpenWhether = false, asking } }: FailureProps): JSX.Element {
  const isPreviewed = preview !== undefined;
  return (
    <div class="try-again" role="alert">
      <p>
        {sentence}{' '}
        {isPreviewed && (isOpenWhether ? MAY_BE[asking === undefined ? 'made' : 'asked'] : 'Nothing was recorded.')}
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

const MAY_BE = {
  made: 'An earlier attempt may have been recorded: look into the history.',
  asked: 'An earlier attempt may have been recorded: look into the proposals.',
} as const;

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
