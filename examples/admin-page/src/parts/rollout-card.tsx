import { useSignal, type Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { attempt } from '../state/attempt.js';
import { policyOf } from '../state/policies.js';
import { carryOut, isPlanOld, planTask, revert, stopRollout, type Phase, type Rollout } from '../state/rollouts.js';
import { addressOf, route } from '../state/route.js';
import { mayWrite } from '../state/session.js';
import { lockedOutOf } from '../wire/people.js';
import { INSTANCE } from '../wire/scope.js';
import type { Reach } from '../wire/task.js';
import { counted } from '../words/counted.js';
import { Override } from './override.js';
import { ReasonField } from './reason-field.js';
import { taskTitle } from '../words/task.js';
import { PlanSummary, Refusals, StandingSummary } from './rollout-summary.js';

/** A rollout: its plan, progress, result, and next steps. */
export function RolloutCard({ rollout }: { readonly rollout: Rollout }): JSX.Element {
  const { task, deed, phase, plan, progress, refused, standing, failure } = rollout;
  const reason = useSignal('');
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
      {failure !== undefined && failure !== '' && (
        <div class="try-again" role="alert">
          <p>
            {failure} {phase === 'stopped' && 'What was done until then stays, and can be gone on with.'}
          </p>
        </div>
      )}
      {phase === 'planning' && failure === undefined && <p class="soft">Asking what it would do…</p>}
      {plan !== undefined && phase === 'planned' && <PlanSummary plan={plan} task={task} />}
      {isPlanOld(rollout) && <PlanAgain rollout={rollout} />}
      {/* By its events it may be under way elsewhere: that is not said to have stopped. */}
      {(standing === undefined || progress !== undefined) && <Bar rollout={rollout} />}
      {standing !== undefined && <StandingSummary standing={standing} task={task} />}
      {plan !== undefined && phase === 'planned' ? (
        <Refusals refused={plan.refused} title="Would be refused" />
      ) : (
        <Refusals refused={standing?.refused ?? refused} title="Refused" />
      )}
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

/** A policy has changed since the plan was made. */
function PlanAgain({ rollout: { task } }: { readonly rollout: Rollout }): JSX.Element {
  const seen = policyOf(INSTANCE);
  return (
    <p class="warning-line" role="status">
      Policies were changed since.{' '}
      {task !== undefined && seen !== undefined && (
        <button type="button" class="link" onClick={() => attempt(() => planTask(task, seen))}>
          Review it again
        </button>
      )}
    </p>
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
  const { phase } = rollout;
  if (phase === 'planning' || !mayWrite(INSTANCE)) return null;
  if (phase !== 'running' && phase !== 'reverting') return <Decision rollout={rollout} reason={reason} />;
  return (
    <p>
      <button type="button" class="button" onClick={stopRollout}>
        Stop
      </button>
    </p>
  );
}

/** Asks for a reason, and for an override if users would be locked out. */
function Decision({ rollout, reason }: StepsProps): JSX.Element {
  const { id, phase, plan } = rollout;
  const isMeant = useSignal(false);
  const locking = plan?.lockingOut.length ?? 0;
  const given = reason.value.trim();
  // No more than the plan has shown: what came since is refused, and listed.
  const acknowledged = isMeant.value ? (plan?.lockOuts ?? []) : [];
  return (
    <form class="decision" onSubmit={(event) => event.preventDefault()}>
      <ReasonField reason={reason} />
      {locking > 0 && (phase === 'planned' || phase === 'stopped') && (
        <Override
          refused={`${counted(locking, 'policy', 'policies')} of them would lock users out. The server refuses those, and lists them.`}
          administrators={lockedOutOf(plan?.people).administrators}
          isMeant={isMeant}
        />
      )}
      <Buttons
        rollout={rollout}
        how={{ reason: given, acknowledged }}
        done={() => (reason.value = '')}
        isHeldBack={isMeant.value && given === ''}
      />
      {phase !== 'planned' && (
        <p class="soft">
          <a href={addressOf({ ...route.value, query: { ...route.value.query, id } })}>Address of this rollout</a>: it
          shows where the rollout stands.
        </p>
      )}
    </form>
  );
}

interface ButtonsProps {
  readonly rollout: Rollout;
  readonly how: { readonly reason: string; readonly acknowledged: readonly string[] };
  readonly isHeldBack: boolean;
  /** Called afterwards, because a revert needs another reason. */
  readonly done: () => void;
}

function Buttons({ rollout: { task, phase, plan, standing }, how, isHeldBack, done }: ButtonsProps): JSX.Element {
  const seen = policyOf(INSTANCE);
  const isPointless = phase === 'planned' && plan?.changing.length === 0;
  const isLeft = phase === 'planned' || (phase === 'stopped' && (standing?.pending ?? 1) > 0);
  return (
    <div class="buttons">
      {isLeft && task !== undefined && seen !== undefined && (
        <button
          type="button"
          class="button button-primary"
          disabled={isPointless || isHeldBack}
          onClick={() => {
            attempt(async () => {
              await carryOut(seen, how);
              done();
            });
          }}
        >
          {phase === 'planned' ? carryOutLabel(task.reach, plan?.changing.length ?? 0) : 'Go on'}
        </button>
      )}
      {phase !== 'planned' && phase !== 'reverted' && (
        <button type="button" class="button" onClick={() => attempt(() => revert(how))}>
          Revert all of it
        </button>
      )}
    </div>
  );
}

function carryOutLabel({ organizationIds, withDefault }: Reach, count: number): string {
  const isEverywhere = organizationIds === undefined && withDefault;
  return isEverywhere ? 'Change everywhere' : `Change ${counted(count, 'policy', 'policies')}`;
}
