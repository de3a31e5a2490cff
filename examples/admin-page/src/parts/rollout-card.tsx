import { useSignal, type Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { attempt } from '../state/attempt.js';
import {
  carryOut,
  isPlanOld,
  isPlanShown,
  planAgain,
  revert,
  stopRollout,
  type How,
  type Phase,
  type Rollout,
} from '../state/rollouts.js';
import { addressOf, choose, route } from '../state/route.js';
import { mayWrite } from '../state/session.js';
import type { Dates } from '../wire/proposals.js';
import { INSTANCE } from '../wire/scope.js';
import { counted } from '../words/counted.js';
import { taskTitle } from '../words/task.js';
import { ReasonField } from './reason-field.js';
import { LockingOut, RolloutDecision } from './rollout-decision.js';
import { RolloutPlan } from './rollout-plan.js';
import { Refusals, StandingSummary } from './rollout-summary.js';
import { WhoIsAffected } from './who-is-affected.js';

/** A rollout: its plan, progress, result, and next steps. */
export function RolloutCard({ rollout }: { readonly rollout: Rollout }): JSX.Element {
  const { task, deed, phase, plan, progress, refused, standing } = rollout;
  const reason = useSignal(rollout.reason ?? '');
  // A revert needs another reason.
  useEffect(() => {
    if (phase === 'done' || phase === 'reverted') reason.value = '';
  }, [phase]);
  const heading = useRef<HTMLHeadingElement>(null);
  // The pressed button is gone, and the focus with it, so move the focus here.
  useEffect(() => {
    if (document.activeElement === document.body) heading.current?.focus();
  }, [phase, plan]);
  return (
    <section class="card rollout" aria-labelledby="rollout">
      <h2 ref={heading} id="rollout" tabIndex={-1}>
        {taskTitle(deed, task)}
      </h2>
      <RolloutPlan rollout={rollout} />
      {/* By its events it may be under way elsewhere: that is not said to have stopped. */}
      {(standing === undefined || progress !== undefined) && <Bar rollout={rollout} />}
      {standing !== undefined && <StandingSummary standing={standing} task={task} />}
      <People rollout={rollout} />
      {phase !== 'planned' && <Refusals refused={standing?.refused ?? refused} title="Refused" />}
      <Steps rollout={rollout} reason={reason} />
    </section>
  );
}

const SAID: Readonly<Partial<Record<Phase, string>>> = {
  running: 'Changing…',
  reverting: 'Reverting…',
  stopped: 'Stopped. What was changed stays.',
  done: 'Done.',
  reverted: 'Reverted. Policies that were changed since by others are listed, and were not touched.',
};

/** Whom it affects while it is carried out, and afterwards, by its plan. */
function People({ rollout }: { readonly rollout: Rollout }): JSX.Element | null {
  const { phase, plan } = rollout;
  if (plan === undefined || phase === 'planning' || phase === 'reverted' || isPlanShown(rollout)) return null;
  return (
    <>
      <h3>Who is affected, by its plan</h3>
      <WhoIsAffected people={plan.people} you={plan.you} />
    </>
  );
}

/** The progress, after the start. */
function Bar({ rollout: { progress, phase } }: { readonly rollout: Rollout }): JSX.Element | null {
  const isUnderWay = phase === 'running' || phase === 'reverting';
  if (SAID[phase] === undefined) return null;
  const { done = 0, of = 0, changed = 0 } = progress ?? {};
  return (
    <>
      {(isUnderWay || of > 0) && <progress aria-label="Policies looked at" max={Math.max(1, of)} value={done} />}
      <p role="status">
        {SAID[phase]}
        {of > 0 &&
          ` ${done.toLocaleString('en-GB')} of ${counted(of, 'policy', 'policies')} looked at, ${changed.toLocaleString('en-GB')} changed.`}
      </p>
    </>
  );
}

interface StepsProps {
  readonly rollout: Rollout;
  /** The reason as typed. It survives a new plan. */
  readonly reason: Signal<string>;
}

/** The possible next steps. */
function Steps({ rollout, reason }: StepsProps): JSX.Element | null {
  const dates = useSignal<Dates>({});
  const { phase } = rollout;
  if (phase === 'planning' || !mayWrite(INSTANCE)) return null;
  if (phase === 'planned') {
    return <RolloutDecision {...{ rollout, reason, dates }} carryOut={(how) => begin(rollout, how)} />;
  }
  if (phase !== 'running' && phase !== 'reverting') return <Decision rollout={rollout} reason={reason} />;
  return (
    <p>
      <button type="button" class="button" onClick={stopRollout}>
        Stop
      </button>
    </p>
  );
}

/** Its address shows where it stands, also after a reload. */
function begin({ id }: Rollout, how: How): Promise<void> {
  choose({ id });
  return carryOut(how);
}

/** Goes on with it, or reverts it. */
function Decision({ rollout, reason }: StepsProps): JSX.Element {
  const { id, phase, plan, standing, task } = rollout;
  const isMeant = useSignal(false);
  const given = reason.value.trim();
  // No more than the plan has shown: what came since is refused, and listed.
  const how = { reason: given, acknowledged: isMeant.value ? (plan?.lockOuts ?? []) : [] };
  const act = (deed: (how: How) => Promise<void>) => (): void => {
    attempt(() => deed(how));
  };
  const isLeft = phase === 'stopped' && task !== undefined && (standing?.pending ?? 1) > 0;
  return (
    <form class="decision" onSubmit={(event) => event.preventDefault()}>
      <ReasonField reason={reason} />
      {isLeft && <LockingOut rollout={rollout} isMeant={isMeant} />}
      <div class="buttons">
        {isLeft && <WhatIsLeft rollout={rollout} isHeldBack={isMeant.value && given === ''} goOn={act(carryOut)} />}
        {phase !== 'reverted' && (
          <button type="button" class="button" onClick={act(revert)}>
            Revert all of it
          </button>
        )}
      </div>
      <p class="soft">
        <a href={addressOf({ ...route.value, query: { ...route.value.query, id } })}>Address of this rollout</a>: it
        shows where the rollout stands.
      </p>
    </form>
  );
}

interface WhatIsLeftProps {
  readonly rollout: Rollout;
  readonly isHeldBack: boolean;
  readonly goOn: () => void;
}

/** Goes on with what is left, or looks at it first. */
function WhatIsLeft({ rollout, isHeldBack, goOn }: WhatIsLeftProps): JSX.Element {
  return (
    <>
      <button type="button" class="button button-primary" disabled={isHeldBack} onClick={goOn}>
        Go on
      </button>
      {(!isPlanShown(rollout) || isPlanOld(rollout)) && (
        <button type="button" class="button" onClick={() => attempt(planAgain)}>
          Review what is left
        </button>
      )}
    </>
  );
}
