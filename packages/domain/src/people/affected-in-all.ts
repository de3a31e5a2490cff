import {
  orThrow,
  type CommandInput,
  type LoginPolicies,
  type OwnerRef,
  type PreviewOptions,
  type ReadAnswer,
  type Rollout,
} from '../index.js';
import { LOCK_OUTS, sumOfPeople, type PeopleByChange, type PeopleUnknown } from '../model.js';

/** The users whom a change affects, in all; nobody if no sign-in depends on it. */
type AffectedByAll = PeopleByChange | PeopleUnknown;

/** A step of a plan: a command on a policy. */
export interface PlannedStep {
  readonly owner: OwnerRef;
  readonly command: CommandInput;
}

/**
 * The users whom a plan affects, with what is refused in it left out: each step is previewed, whatever the guard says. The
 * steps must reach different users: an organization's step, and the default's for the others.
 *
 * @throws Fault as the store does.
 */
export async function affectedByPlan(
  policies: LoginPolicies,
  steps: readonly PlannedStep[],
  options: PreviewOptions = {},
): Promise<AffectedByAll> {
  const found: AffectedByAll[] = [];
  for (const { command, owner } of steps) {
    const preview: ReadAnswer<{ readonly people?: AffectedByAll }> = await policies.preview(owner, command, {
      ...options,
      acknowledge: EVERYTHING,
    });
    if (preview.outcome === 'found' && preview.people !== undefined) found.push(preview.people);
  }
  return sumOfPeople(found);
}

/** The users whom a rollout would affect, by its plan. What is refused in it is left out. @throws Fault as the store does. */
export async function affectedByRollout(rollout: Pick<Rollout, 'plan'>): Promise<AffectedByAll> {
  const found: AffectedByAll[] = [];
  for (let after: string | undefined; ;) {
    const { next, steps } = orThrow(await rollout.plan(after === undefined ? {} : { after }));
    for (const step of steps) if (step.outcome === 'would-change' && step.people !== undefined) found.push(step.people);
    if (next === undefined) return sumOfPeople(found);
    after = next;
  }
}

const EVERYTHING = [...LOCK_OUTS, 'census-unknown', { lockedOut: Number.MAX_SAFE_INTEGER }] as const;
