import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { changeByCommand } from '../state/your-change.js';
import type { ProposalNow, ProposalPreview } from '../wire/proposal-now.js';
import type { ProposalShown } from '../wire/proposals.js';
import { INSTANCE, organization } from '../wire/scope.js';
import { isEverywhere, isReached } from '../wire/task.js';
import { counted } from '../words/counted.js';
import { CheckLink } from './check-link.js';
import { DiffList } from './diff-list.js';
import { PlanSummary, Refusals } from './rollout-summary.js';
import { useLoaded } from './use-loaded.js';
import { Warnings } from './warnings.js';
import { WhoIsAffected } from './who-is-affected.js';
import { YesterdaysSignIns } from './yesterday.js';

interface ProposalNowProps {
  readonly now: ProposalNow;
  readonly proposal: ProposalShown;
}

/** What a proposal would do now, as the preview of the change or the plan of the rollout says it. */
export function ProposalNowSummary({ now, proposal }: ProposalNowProps): JSX.Element {
  if ('refused' in now) return <p class="warning-line">It would be refused now. {now.refused}</p>;
  return (
    <>
      <h3>What it would do now</h3>
      <Warnings introduced={now.introduced} standing={[]} />
      <Preview now={now} proposal={proposal} />
      {now.people !== undefined && <Yesterday proposal={proposal} />}
    </>
  );
}

interface PreviewProps {
  readonly now: ProposalPreview;
  readonly proposal: ProposalShown;
}

function Preview({ now: { changes, people, plan }, proposal }: PreviewProps): JSX.Element {
  const you = useYourChange(proposal);
  if (plan !== undefined)
    return (
      <>
        {plan.of !== undefined && (
          <p class="warning-line">
            Of the first of {counted(plan.of, 'policy', 'policies')}; the others were not looked at.
          </p>
        )}
        <PlanSummary plan={plan} task={undefined} you={you} />
        <Refusals refused={plan.refused} title="Would be refused" />
      </>
    );
  return (
    <>
      {changes.length > 0 && <DiffList changes={changes} />}
      {(people !== undefined || you !== undefined) && <h3>Who is affected</h3>}
      <WhoIsAffected people={people} you={you} />
    </>
  );
}

/** What it means for the signed-in user; `undefined` if it does not reach them, or is not known yet. */
function useYourChange({ id, reach, steps }: ProposalShown): string | undefined {
  const you = useSignal<string | undefined>(undefined);
  useLoaded(`you ${id}`, async (isWanted) => {
    const found = await changeByCommand(({ scope, organizationId }) => {
      const own = scope.of === 'instance' ? '' : organizationId;
      if (reach !== undefined) return isReached(reach, own) ? steps[0]?.command : undefined;
      return steps.find((step) => step.organizationId === own)?.command;
    });
    if (isWanted()) you.value = found;
  });
  return you.value;
}

/** A plan of several steps, and one for chosen policies, can't be looked back with. */
function Yesterday({ proposal: { reach, steps } }: { readonly proposal: ProposalShown }): JSX.Element | null {
  const [step, ...others] = steps;
  if (step === undefined || others.length > 0 || (reach !== undefined && !isEverywhere({ reach }))) return null;
  const { command, organizationId } = step;
  const scope = organizationId === '' ? INSTANCE : organization(organizationId);
  return (
    <>
      <YesterdaysSignIns scope={scope} command={command} isEverywhere={reach !== undefined} />
      <CheckLink scope={scope} command={command} />
    </>
  );
}
