import { Deadline, type Freshness } from '@login-policy/event-sourcing';
import { openClaimOf, revertedOn } from './claim-id.js';
import { forEachConcurrently } from './concurrently.js';
import type { InstancePolicy } from '../reads/instance-policies.js';
import { eventOfRollout } from './rolled-out.js';
import type { RolloutPlan, RolloutStep } from './rollout-answers.js';
import type { ParsedRollout } from './rollout-input.js';
import { refusedStep, stepOf, type StepContext, type StepParts } from './rollout-steps.js';
import type { Rejected } from '../policy/rejections.js';

const CONCURRENCY = 32;

/**
 * What carrying a rollout out would do to some policies. Refused as a whole where carrying it out would be: when its id
 * belongs to another command, or was reverted. A caller who may change none of them does not learn that.
 */
export function plannedSteps(
  all: readonly InstancePolicy[],
  rollout: ParsedRollout,
  { freshness, ...parts }: StepParts & Pick<StepContext, 'byDefault'> & { readonly freshness: Freshness },
): Promise<readonly RolloutStep[] | Rejected> {
  return Deadline.run(`a plan of the rollout ${rollout.options.id}`, freshness, async (deadline) => {
    const byPolicy = new Map<InstancePolicy, RolloutStep>();
    await forEachConcurrently(all, CONCURRENCY, async (policy) => {
      byPolicy.set(policy, await plannedStep(policy, rollout, { ...parts, deadline }));
    });
    const steps = all.flatMap((policy) => byPolicy.get(policy) ?? []);
    const claim =
      steps.some(isPermitted) && (await openClaimOf(rollout, { store: parts.handler.states.store, deadline }));
    return typeof claim === 'object' ? claim : steps;
  });
}

/** What carrying it out would do to a policy now. One that had the command already is left as it is, whatever its rules. */
async function plannedStep(policy: InstancePolicy, rollout: ParsedRollout, parts: StepContext): Promise<RolloutStep> {
  const step = await stepOf(policy, rollout, parts);
  if (step.outcome === 'nothing-to-do' || policy.fault !== undefined || !isPermitted(step)) return step;
  const { deadline, handler } = parts;
  const lookUp = { store: handler.states.store, deadline };
  const given = await eventOfRollout(lookUp, policy.owner, rollout);
  const { owner, seen } = step;
  if (typeof given === 'object' && 'reason' in given) return { ...refusedStep(given), seen };
  const { id } = rollout.options;
  const key = typeof given === 'object' ? given.metadata.idempotencyKey : undefined;
  const reverted = key === undefined ? undefined : await revertedOn(owner, { id, key }, lookUp);
  if (reverted !== undefined) return { ...refusedStep(reverted), seen };
  return given === undefined ? step : { owner, outcome: 'nothing-to-do', seen };
}

function isPermitted(step: RolloutStep): step is RolloutStep & { readonly seen: string } {
  return step.outcome !== 'would-be-refused' || step.refusal.reason !== 'not-permitted';
}

/** The number of steps with each outcome. */
export function countsOf(steps: readonly RolloutStep[]): RolloutPlan['counts'] {
  const counts = { 'would-change': 0, 'nothing-to-do': 0, 'would-be-refused': 0 };
  for (const { outcome } of steps) counts[outcome]++;
  return counts;
}
