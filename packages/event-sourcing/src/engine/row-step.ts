import type { Transaction } from './log-backend.js';
import type { PlannedOrNot } from './lookup.js';
import type { ModelPlan, Plan, Planned } from './plan.js';
import type { Found } from './view.js';

/** A write of rows only: what to look up, and how to plan from all that was found. */
export interface RowStep extends Omit<Transaction<undefined>, 'plan'> {
  readonly plan: (found: Found) => PlannedOrNot<undefined>;
}

/** A plan that writes steps of read models and no events. */
export function plannedSteps(
  { head }: Found,
  steps: readonly ModelPlan[],
  promoted?: Plan['promoted'],
): Planned<undefined> {
  const plan = { headBefore: head, head, appends: [], inline: [], models: steps };
  return { plan: promoted === undefined ? plan : { ...plan, promoted }, result: undefined };
}
