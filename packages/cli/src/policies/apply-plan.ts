import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { counted, policiesText } from '../output/counted.js';
import { titleOf } from '../output/policy-text.js';
import type { Actor } from '../session/actor.js';
import { Refused } from '../session/answers.js';
import type { Session } from '../session/session.js';
import { mapConcurrently } from './map-concurrently.js';
import { ownerOfStep, type PlanFile, type PlannedStep } from './plan-file.js';

/** The finished and the pending steps of a plan. */
export interface PlanProgress {
  readonly done: readonly PlannedStep[];
  readonly pending: readonly PlannedStep[];
}

/** The idempotency key of a plan's commands, which is also the correlation id of their events. */
export function applyIdOf({ digest }: PlanFile): string {
  return `apply:${digest}`;
}

/**
 * The pending steps of a plan, however an earlier run ended.
 *
 * @throws Failure when anything else has changed a policy since the plan was made. Then no step may be carried out.
 */
export async function planProgress(session: Session, plan: PlanFile): Promise<PlanProgress> {
  const [done, pending, changed]: [PlannedStep[], PlannedStep[], string[]] = [[], [], []];
  const states = await mapConcurrently(plan.steps, (step) => stateOf(session, plan, step));
  for (const [index, step] of plan.steps.entries()) {
    const state = states[index] ?? 'pending';
    if (state === 'done') done.push(step);
    else if (state === 'pending') pending.push(step);
    else changed.push(`${titleOf(ownerOfStep(plan, step))}: ${state.problem}`);
  }
  const byDefault = await changedDefault(session, plan, pending);
  if (byDefault !== undefined) changed.push(byDefault);
  if (changed.length === 0) return { done, pending };
  const names = changed.map((line) => `  ${line}\n`).join('');
  throw new Failure(
    EXIT.refused,
    `Nothing was done: since the plan was made, ${counted(changed.length, 'policy was', 'policies were')} changed.\n${names}Plan again: login-policy plan FILE --out PLAN.`,
  );
}

type StepState = 'done' | 'pending' | { readonly problem: string };

/** The state of a step: pending while its expected event is the last one, done if the next event is of this plan. */
async function stateOf(session: Session, plan: PlanFile, step: PlannedStep): Promise<StepState> {
  const seen = BigInt(step.ifSequence);
  const from = { fromSequence: seen === 0n ? 1n : seen, limit: 2 };
  const { entries, lastSequence } = await session.policies.history(step.organizationId, from);
  const last = entries.find(({ sequence }) => sequence === step.ifSequence);
  if (last?.eventId !== step.ifEventId) return { problem: 'it belongs to another history than the plan' };
  const next = entries.find(({ sequence }) => sequence === String(seen + 1n));
  if (next === undefined) return 'pending';
  if (next.correlationId === applyIdOf(plan)) {
    // Another may have chosen the same id: a preview compares the key, too.
    const problem = await changedSince(session, plan, step);
    return problem === undefined ? 'done' : { problem };
  }
  return { problem: `it was at sequence ${seen} and is at ${lastSequence} (${next.type} by ${next.actor})` };
}

/**
 * What changed the default policy since the plan was made, if a pending step depends on it. It looks at one of them: if
 * they saw different defaults, a later one is refused when its turn comes.
 */
async function changedDefault(
  session: Session,
  plan: PlanFile,
  pending: readonly PlannedStep[],
): Promise<string | undefined> {
  const step = pending.find(({ meetsDefault }) => meetsDefault === true);
  return step && (await changedSince(session, plan, step));
}

/** What others changed since a step was planned, in the words of the refusal. */
async function changedSince({ policies }: Session, plan: PlanFile, step: PlannedStep): Promise<string | undefined> {
  const conditions = { acknowledge: plan.acknowledge, seen: step.seen, id: applyIdOf(plan) };
  try {
    await policies.preview(step.organizationId, step.command, conditions);
  } catch (caught) {
    // Any other refusal is told when the step is carried out.
    if (!(caught instanceof Refused)) throw caught;
    if (caught.reason === 'changed-since') return caught.message;
  }
  return undefined;
}

/** Carries out one step on exactly the expected policy. Idempotent. @throws RejectedError, Fault */
export async function applyStep(
  { policies }: Session,
  plan: PlanFile,
  { by, step }: { readonly by: Actor; readonly step: PlannedStep },
): Promise<string> {
  const { acknowledge } = plan;
  const options = { by, seen: step.seen, acknowledge, id: applyIdOf(plan) };
  const { details } = await policies.execute(step.organizationId, step.command, options);
  return `sequence ${details.sequence}`;
}

/** Refuses to begin if the token may not carry out all steps. @throws Failure that names those it may not. */
export async function refuseForbidden(
  { policies }: Session,
  plan: PlanFile,
  steps: readonly PlannedStep[],
): Promise<void> {
  const forbidden = await policies.forbidden(
    steps.map(({ command, organizationId }) => ({ ref: organizationId, removes: command.type === 'remove' })),
  );
  if (forbidden.length === 0) return;
  const names = steps.filter(({ organizationId }) => forbidden.includes(organizationId));
  const shown = names.slice(0, 10).map((step) => `  ${titleOf(ownerOfStep(plan, step))}\n`);
  const more = names.length > shown.length ? `  and ${names.length - shown.length} more\n` : '';
  throw new Failure(
    EXIT.denied,
    `Nothing was done: the token is not allowed to change ${forbidden.length} of ${policiesText(steps.length)}.\n${shown.join('')}${more}Use a token that may change all of them.`,
  );
}

/** The name of a step's policy in a list. */
export function stepName(plan: PlanFile, step: PlannedStep): string {
  const owner = ownerOfStep(plan, step);
  return 'organizationId' in owner ? owner.organizationId : `the default of ${plan.instanceId}`;
}
