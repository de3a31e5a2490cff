import { useSignal, type Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { attempt } from '../state/attempt.js';
import { isPlanOld, planAgain, proposeRollout, type How, type Rollout } from '../state/rollouts.js';
import { mayInEmergency } from '../state/session.js';
import type { Dates } from '../wire/proposals.js';
import { INSTANCE } from '../wire/scope.js';
import { EVERYWHERE, isEverywhere } from '../wire/task.js';
import { counted } from '../words/counted.js';
import { DecisionButtons } from './decision-buttons.js';
import { Override } from './override.js';
import { hasDate, ProposalDates } from './proposal-dates.js';
import { ReasonField } from './reason-field.js';

/** A rollout that was planned, and what the user typed for it. */
export interface RolloutDecisionProps {
  readonly rollout: Rollout;
  /** It survives a new plan. */
  readonly reason: Signal<string>;
  readonly dates: Signal<Dates>;
  readonly typed?: (reason: string) => void;
  readonly carryOut: (how: How) => Promise<void>;
  /** Absent where there is no dialog to close. */
  readonly giveUp?: () => void;
}

/** Asks for the reason, and for an override if users would be locked out; carries out what was planned, or proposes it. */
export function RolloutDecision({
  rollout,
  reason,
  dates,
  typed,
  carryOut,
  giveUp,
}: RolloutDecisionProps): JSX.Element {
  const { plan, needsOthers, phase } = rollout;
  const isMeant = useSignal(false);
  const given = reason.value.trim();
  const isOld = isPlanOld(rollout);
  const how = { reason: given, acknowledged: isMeant.value ? (plan?.lockOuts ?? []) : [] };
  const isPointless = plan === undefined || plan.changing.length === 0;
  return (
    <form
      class="decision"
      onSubmit={(event) => {
        event.preventDefault();
        if (isOld) attempt(planAgain);
        else if (!hasDate(dates.value)) attempt(() => carryOut(how));
      }}
    >
      <ReasonField reason={reason} {...(typed !== undefined && { typed })} />
      <LockingOut rollout={rollout} isMeant={isMeant} />
      <ProposalDates dates={dates} />
      <DecisionButtons
        label={isOld ? 'Review it again' : labelOf(rollout)}
        tone="primary"
        isHeldBack={!isOld && (isPointless || (isMeant.value && given === ''))}
        isRecording={phase === 'planning'}
        dates={dates}
        isEmergency={needsOthers === true && mayInEmergency(INSTANCE)}
        propose={(asking) => attempt(() => proposeRollout(asking, { ...how, ...dates.value }))}
        {...(giveUp !== undefined && { giveUp })}
      />
    </form>
  );
}

function labelOf({ task, plan }: Rollout): string {
  if (isEverywhere({ reach: task?.reach ?? EVERYWHERE })) return 'Change everywhere';
  return `Change ${counted(plan?.changing.length ?? 0, 'policy', 'policies')}`;
}

interface LockingOutProps {
  readonly rollout: Rollout;
  readonly isMeant: Signal<boolean>;
}

/** Asks whether users are to be locked out; nothing where the plan locks nobody out. */
export function LockingOut({ rollout: { plan }, isMeant }: LockingOutProps): JSX.Element | null {
  if (plan === undefined || plan.lockingOut.length === 0) return null;
  return (
    <Override
      refused={`${counted(plan.lockingOut.length, 'policy', 'policies')} of them would lock users out. The server refuses those, and lists them.`}
      people={plan.people}
      isMeant={isMeant}
    />
  );
}
