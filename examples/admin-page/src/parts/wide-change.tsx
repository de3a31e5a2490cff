import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { attempt } from '../state/attempt.js';
import { giveUp } from '../state/proposals.js';
import { keepReason } from '../state/reasons.js';
import { carryOutFrom, isRollingOut, planTask, rollout } from '../state/rollouts.js';
import { addressOf } from '../state/route.js';
import type { Dates } from '../wire/proposals.js';
import type { Scope } from '../wire/scope.js';
import { isOfTask, type Deed, type Reach } from '../wire/task.js';
import { RolloutDecision } from './rollout-decision.js';
import { RolloutPlan } from './rollout-plan.js';

/** A change for many policies, in the dialog in which it was begun on one. */
export interface WideChangeProps {
  /** Where it was begun. */
  readonly scope: Scope;
  readonly deed: Deed;
  /** `undefined` until organizations are chosen. */
  readonly reach: Reach | undefined;
  readonly reason: Signal<string>;
  readonly dates: Signal<Dates>;
  /** The id of the text that says what it does. */
  readonly id: string;
}

/** The plan of a change for many policies, and its decision. */
export function WideChange({ id, reach, ...about }: WideChangeProps): JSX.Element {
  if (reach !== undefined) return <Planned {...about} id={id} reach={reach} />;
  return (
    <Instead id={id}>
      <p class="soft">Choose the organizations first.</p>
    </Instead>
  );
}

/** What stands in place of the plan. */
function Instead({ id, children }: { readonly id: string; readonly children: JSX.Element }): JSX.Element {
  return (
    <>
      <div id={id}>{children}</div>
      <div class="buttons">
        <button type="button" class="button" onClick={giveUp}>
          Cancel
        </button>
      </div>
    </>
  );
}

interface PlannedProps extends WideChangeProps {
  readonly reach: Reach;
}

function Planned({ id, scope, deed, reach, reason, dates }: PlannedProps): JSX.Element {
  const task = { deed, reach };
  const shown = rollout.value;
  const isOurs = shown !== undefined && isOfTask(shown.id, task) === true;
  const isBusy = isRollingOut();
  useEffect(() => {
    if (!isBusy) attempt(() => planTask(task));
  }, [JSON.stringify(reach), isBusy]);
  if (isBusy) {
    return (
      <Instead id={id}>
        <p class="warning-line">
          Another change for many policies is being carried out.{' '}
          <a href={addressOf({ view: 'rollout', query: { id: shown?.id ?? '' } })}>Where it stands</a>
        </p>
      </Instead>
    );
  }
  return (
    <>
      <div id={id}>{isOurs ? <RolloutPlan rollout={shown} /> : <p class="soft">Asking what it would do…</p>}</div>
      {isOurs && (
        <RolloutDecision
          {...{ rollout: shown, reason, dates, giveUp }}
          typed={(text) => keepReason(scope, deed, text)}
          carryOut={(how) => carryOutFrom(scope, how)}
        />
      )}
    </>
  );
}
