import type { ModelPlan, Plan, Planned } from './plan.js';
import type { Found } from './view.js';

/** A plan that writes steps of read models and no events. */
export function plannedSteps(
  { head }: Found,
  steps: readonly ModelPlan[],
  promoted?: Plan['promoted'],
): Planned<undefined> {
  const plan = { headBefore: head, head, appends: [], models: steps };
  return { plan: promoted === undefined ? plan : { ...plan, promoted }, result: undefined };
}
