import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { changesSince } from '../state/changed-since.js';
import { directoryChanges } from '../state/organizations.js';
import { isPlanOld, isPlanShown, type Rollout } from '../state/rollouts.js';
import type { AuditEntry } from '../wire/audit.js';
import { planChanges } from '../words/plan-changes.js';
import { AuditEntries } from './audit-entries.js';
import { policyName, PlanSummary, Refusals } from './rollout-summary.js';
import { TryAgain } from './try-again.js';
import { useLoaded } from './use-loaded.js';

/** What a rollout would do, how that differs from the plan before, and what was changed since. */
export function RolloutPlan({ rollout }: { readonly rollout: Rollout }): JSX.Element {
  const { phase, plan, planBefore, task, failure } = rollout;
  return (
    <>
      {failure !== undefined && failure !== '' && (
        <div class="try-again" role="alert">
          <p>
            {failure} {phase === 'stopped' && 'What was done until then stays, and can be gone on with.'}
          </p>
        </div>
      )}
      {phase === 'planning' && failure === undefined && <p class="soft">Asking what it would do…</p>}
      {plan !== undefined && phase === 'planned' && planBefore !== undefined && (
        <ul class="effect" aria-label="The plan changed">
          {planChanges(planBefore, plan, policyName).map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
      )}
      {plan !== undefined && isPlanShown(rollout) && (
        <>
          <PlanSummary plan={plan} task={task} you={plan.you} />
          <Refusals refused={plan.refused} title="Would be refused" />
        </>
      )}
      {isPlanOld(rollout) && plan !== undefined && <ChangedSince plan={plan} />}
    </>
  );
}

const MOST_SHOWN = 5;

/** The changes of policies since the plan was made. */
function ChangedSince({ plan }: { readonly plan: NonNullable<Rollout['plan']> }): JSX.Element {
  const since = useSignal<readonly AuditEntry[]>([]);
  const loading = useLoaded(`since ${directoryChanges.value}`, async (isWanted) => {
    const found = await changesSince(plan.mark);
    if (isWanted()) since.value = found;
  });
  return (
    <div class="changed-since" role="status">
      <p class="warning-line">Policies were changed since. Review it again first.</p>
      <AuditEntries entries={since.value} most={MOST_SHOWN} />
      <TryAgain what="What was changed" loading={loading} />
    </div>
  );
}
