import { orThrow, type CommandInput, type LoginPolicies, type OwnerRef, type ReadAnswer } from '../index.js';
import { previewCommand, type PreviewOptions } from '../preview/index.js';
import type { Rollout } from '../rollout/index.js';
import { LOCK_OUTS, sumOfPeople, type PeopleByChange, type PeopleUnknown } from '../model.js';

/** The users whom a change affects, in all; nobody if no sign-in depends on it. */
type AffectedByAll = PeopleByChange | PeopleUnknown;

/** A step of a plan: a command on a policy. */
export interface PlannedStep {
  readonly owner: OwnerRef;
  readonly command: CommandInput;
}

/**
 * The users whom a plan affects, as a whole: each by what they meet before any step and after all of them. What is
 * refused is left out; what only the guard refuses is counted.
 *
 * @throws Fault as the store does.
 */
export async function affectedByPlan(
  policies: LoginPolicies,
  steps: readonly PlannedStep[],
  options: Omit<PreviewOptions, 'acknowledge' | 'beside'> = {},
): Promise<AffectedByAll> {
  if (!isListOfSteps(steps)) throw new TypeError('affectedByPlan: the steps must be a list of { owner, command }.');
  const byDefault = steps.find(({ owner }) => owner.organizationId === undefined)?.command;
  const organizationIds = steps.flatMap(({ owner: { organizationId } }) => organizationId ?? []);
  const found: AffectedByAll[] = [];
  for (const { command, owner } of steps) {
    const others = owner.organizationId === undefined ? { organizationIds } : byDefault && { byDefault };
    const preview: ReadAnswer<{ readonly people?: AffectedByAll }> = await previewCommand(policies, owner, command, {
      ...options,
      ...(others && { beside: others }),
      acknowledge: EVERYTHING,
    });
    if (preview.outcome === 'found' && preview.people !== undefined) found.push(preview.people);
  }
  return sumOfPeople(found);
}

/** The users whom a rollout would affect, by its plan. What is refused in it is left out. @throws Fault as the store does. */
export async function affectedByRollout(rollout: Pick<Rollout, 'plan'>): Promise<AffectedByAll> {
  if (typeof rollout?.plan !== 'function')
    throw new TypeError('affectedByRollout: the rollout must be one that rollOut returned.');
  const found: AffectedByAll[] = [];
  for (let after: string | undefined; ;) {
    const { next, steps } = orThrow(await rollout.plan(after === undefined ? {} : { after }));
    for (const step of steps) if (step.outcome === 'would-change' && step.people !== undefined) found.push(step.people);
    if (next === undefined) return sumOfPeople(found);
    after = next;
  }
}

const EVERYTHING = [...LOCK_OUTS, 'census-unknown', { lockedOut: Number.MAX_SAFE_INTEGER }] as const;

function isListOfSteps(steps: unknown): boolean {
  const isStep = (step: unknown): boolean =>
    typeof step === 'object' && step !== null && 'command' in step && hasOwner(step);
  return Array.isArray(steps) && steps.every(isStep);
}

function hasOwner(step: object): boolean {
  const owner: unknown = Reflect.get(step, 'owner');
  return typeof owner === 'object' && owner !== null;
}
