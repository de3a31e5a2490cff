import type { PolicyParts } from '../policy-parts.js';
import { Deadline, type Freshness, yieldToLoop } from '@login-policy/event-sourcing';
import type { Instance } from '../policy/owner.js';
import { stillAllowing, stillAllowingFilter } from '../still-allowing.js';
import { claimOf } from './claim-id.js';
import { forEachConcurrently } from './concurrently.js';
import type { InstancePolicy, InstancePolicies } from '../reads/instance-policies.js';
import { customOf } from './reach.js';
import { eventOfRollout } from './rolled-out.js';
import type { RolloutRefusal, RolloutStanding } from './rollout-answers.js';
import type { ParsedRollout } from './rollout-input.js';
import { stepOf, type StepContext } from './rollout-steps.js';

/** The number of rows decoded and decided before yielding. */
const PAGE = 64;
const CONCURRENCY = 32;

/** The report of a rollout in parts: one for the default policy, then one for each page of custom policies. */
export async function* reportInParts(
  rollout: ParsedRollout,
  freshness: Freshness,
  parts: PolicyParts,
): AsyncGenerator<RolloutStanding, void, undefined> {
  const { instancePolicies } = parts;
  const { instance, options, parsed, reach } = rollout;
  const counts = { changed: 0, unchanged: 0, pending: 0 };
  let refusals: RolloutRefusal[] = [];
  const look = <Value>(work: (deadline: Deadline) => Promise<Value>): Promise<Value> =>
    Deadline.run(`what the rollout ${options.id} did`, freshness, work);
  const claim = await look((deadline) => claimOf(rollout, { store: parts.handler.states.store, deadline }));
  const isWhole = typeof claim !== 'object';
  const count = async (policy: InstancePolicy, deadline: Deadline): Promise<void> => {
    const outcome = await outcomeOn(policy, rollout, { ...parts, deadline, isWhole });
    if (typeof outcome === 'string') counts[outcome]++;
    else refusals.push(outcome);
  };
  const nextPart = (): RolloutStanding => {
    const newRefusals = refusals;
    refusals = [];
    return { ...counts, refusals: newRefusals };
  };
  const countAll = (page: readonly InstancePolicy[]): Promise<void> =>
    look((deadline) => forEachConcurrently(page, CONCURRENCY, (one) => count(one, deadline)));
  if (reach.withDefault) await countAll([await instancePolicies.byDefault(instance, freshness)]);
  yield nextPart();
  for await (const page of pagesOf(instance, freshness, customOf(reach, instancePolicies))) {
    await countAll(page);
    yield nextPart();
  }
  const filter = stillAllowingFilter(parsed);
  if (filter !== undefined)
    yield { ...nextPart(), stillAllowing: await stillAllowing(instancePolicies, instance, { filter, freshness }) };
}

/**
 * The outcome of the rollout on one policy, or why the policy refuses it. A change that was
 * found by its events may lack settings of the command that its id is bound to. So a policy that was not given the
 * command is then pending, even if the change would do nothing there.
 */
async function outcomeOn(
  policy: InstancePolicy,
  rollout: ParsedRollout,
  parts: StepContext & { readonly isWhole: boolean },
): Promise<RolloutRefusal | 'changed' | 'pending' | 'unchanged'> {
  const { deadline, handler, isWhole } = parts;
  const step = await stepOf(policy, rollout, parts);
  const refusal = step.outcome === 'would-be-refused' ? step.refusal : undefined;
  // Nothing is revealed about a policy that the caller may not change.
  if (refusal?.reason === 'not-permitted') return refusal;
  const event = await eventOfRollout({ store: handler.states.store, deadline }, policy.owner, rollout);
  if (typeof event === 'object') return 'reason' in event ? event : 'changed';
  return refusal ?? (event === undefined && (step.outcome === 'would-change' || !isWhole) ? 'pending' : 'unchanged');
}

/** All custom policies, page by page. It yields to the event loop between two pages. */
async function* pagesOf(
  instance: Instance,
  freshness: Freshness,
  all: Pick<InstancePolicies, 'page'>,
): AsyncGenerator<readonly InstancePolicy[], void, undefined> {
  let afterKey: string | undefined;
  for (;;) {
    const { policies, lastKey } = await all.page(instance, { afterKey, limit: PAGE, freshness });
    yield policies;
    if (lastKey === undefined) return;
    afterKey = lastKey;
    await yieldToLoop();
  }
}
