import { effect, type ReadonlySignal } from '@preact/signals';
import { commandData } from '../wire/command-data.js';
import { isForOthers, isNotFound, isSaidElsewhere, leavesOpen, sentenceOf } from '../wire/failure.js';
import type { RolloutRefusal } from '../wire/plan.js';
import type { Asking } from '../wire/proposals.js';
import { planRollout, readRollout, revertRollout, rollOut, type Run } from '../wire/rollout.js';
import { INSTANCE, type Scope } from '../wire/scope.js';
import { EVERYWHERE, isOfTask, isReached, markOf, reachRequest, taskRequest, type Task } from '../wire/task.js';
import { taskTitle } from '../words/task.js';
import { newestChange } from './changed-since.js';
import { discardDraft, draftOf } from './draft.js';
import { directoryChanges, learn } from './organizations.js';
import { newCorrelationId } from './own-changes.js';
import { giveUp } from './proposals.js';
import { sendProposal, type HowProposed } from './proposing.js';
import { keepReason } from './reasons.js';
import { rolloutNow, type Rollout } from './rollout-now.js';
import { addressOf, choose } from './route.js';
import { signedIn } from './session.js';
import { queryOfTask } from './task-address.js';
import { forgetUnfinished, keepUnfinished } from './unfinished-rollouts.js';
import { changeForYou } from './your-change.js';

export type { Phase, Rollout } from './rollout-now.js';

const MOST_NAMES = 50;
const current = rolloutNow;
let ending = new AbortController();

/** The rollout that is shown. It continues while another view is open. */
export const rollout: ReadonlySignal<Rollout | undefined> = current;

/** Whether a rollout is running. */
export function isRollingOut(): boolean {
  return current.value?.phase === 'running' || current.value?.phase === 'reverting';
}

/** Plans a task. Nothing is written. */
export async function planTask(task: Task): Promise<void> {
  if (isRollingOut()) return;
  const { deed } = task;
  const id = newCorrelationId(`.${markOf(task)}`);
  begin({ id, task, deed, phase: 'planning', refused: [] });
  await plan(id, task);
}

/** Plans it again, because policies were changed, or to see what is left of it. Nothing is written. */
export async function planAgain(): Promise<void> {
  const asked = current.value;
  if (asked?.task === undefined || isRollingOut()) return;
  const { plan: planBefore, failure: _, ...others } = asked;
  begin({ ...others, planBefore });
  await plan(asked.id, asked.task);
}

async function plan(id: string, task: Task): Promise<void> {
  const { signal: stopped } = ending;
  try {
    const changes = directoryChanges.value;
    const mark = await newestChange();
    const [made, you] = await Promise.all([planRollout(taskRequest(task), stopped, id), changeForYou(task)]);
    if (stopped.aborted) return;
    await learn([...made.changing, ...idsIn(made.refused)].filter(Boolean).slice(0, MOST_NAMES));
    const phase = current.value?.phase === 'planning' ? 'planned' : (current.value?.phase ?? 'planned');
    update(id, { phase, plan: { ...made, you, changes, mark, readAt: new Date().toISOString() } });
  } catch (caught) {
    update(id, { failure: failureOf(caught) });
  }
}

/** Whether a policy has changed since the plan was made. */
export function isPlanOld(shown: Rollout): boolean {
  return isPlanShown(shown) && shown.plan?.changes !== directoryChanges.value;
}

/** Whether its plan is of what is still to be done: before it began, or planned again since. */
export function isPlanShown({ phase, plan: made, planBefore, progress }: Rollout): boolean {
  if (made === undefined) return false;
  return phase === 'planned' || (phase === 'stopped' && (progress === undefined || planBefore !== undefined));
}

/** How the user wants a rollout carried out or reverted. */
export type How = Pick<Run, 'acknowledged' | 'reason'>;

/** Starts the rollout, or resumes it. */
export async function carryOut(how: How): Promise<void> {
  const asked = current.value;
  if (asked?.task === undefined || isRollingOut()) return;
  const { task } = asked;
  keepUnfinished(queryOfTask(task, asked.id));
  // What the plan has shown is what the user confirms.
  const pinned = { ...how, seen: asked.plan?.seen ?? [] };
  await run({ asked: { ...asked, reason: how.reason, phase: 'running' }, end: 'done', how: pinned }, (told) =>
    rollOut(task, told),
  );
}

/** Carries out what the dialog of a change has planned, in the view of rollouts. */
export async function carryOutFrom(scope: Scope, how: How): Promise<void> {
  const { id, task } = current.value ?? {};
  if (id === undefined || task === undefined || isRollingOut()) return;
  const carrying = carryOut(how);
  keepReason(scope, task.deed, '');
  location.hash = addressOf({ view: 'rollout', query: queryOfTask(task, id) });
  await carrying;
  const { deed } = task;
  const own = scope.of === 'instance' ? '' : scope.organizationId;
  const isRefused = current.value?.refused.some(({ organizationId }) => organizationId === own);
  const isDone = current.value?.id === id && current.value.phase === 'done' && isRefused !== true;
  const isDraft = deed.wish === 'change-settings' && deed.patch === draftOf(scope)?.patch;
  if (isDone && isDraft && isReached(task.reach, own)) discardDraft(scope);
}

/** Proposes what was planned instead, or carries it out as an emergency. */
export async function proposeRollout(asking: Asking, given: HowProposed): Promise<void> {
  const { id = '', task, plan: shown } = current.value ?? {};
  if (task === undefined || shown === undefined || isRollingOut()) return;
  const change = { rollout: { command: commandData(task.deed), seen: shown.seenDefault, ...reachRequest(task.reach) } };
  const title = taskTitle(task.deed, task);
  try {
    await sendProposal(asking, { ...given, scope: INSTANCE, change, id, title });
    if (current.value?.id === id) leaveRollout();
    giveUp();
  } catch (caught) {
    const open = leavesOpen(caught)
      ? ' It is not known whether this was proposed. Try again: it is proposed once.'
      : '';
    update(id, { failure: `${failureOf(caught)}${open}` });
  }
}

/** Reverts the policies that the rollout changed. */
export async function revert(how: How): Promise<void> {
  const asked = current.value;
  if (asked === undefined || isRollingOut()) return;
  await run({ asked: { ...asked, phase: 'reverting' }, end: 'reverted', how: { ...how, seen: [] } }, revertRollout);
}

/** Stops the rollout. Changes made stay, and it can be resumed. */
export function stopRollout(): void {
  ending.abort();
}

/** Reads the status of a rollout from its events, and plans what is left. `named` is the task in the address. */
export async function lookUp(id: string, named: Task | undefined): Promise<void> {
  const isNamed = isOfTask(id, named);
  const ours = isNamed === true ? named : undefined;
  try {
    const read = await readRollout(id, ours?.reach ?? EVERYWHERE);
    await showStanding(id, { ...read, readAt: new Date().toISOString() }, ours, isNamed);
  } catch (caught) {
    if (ours === undefined || current.value?.id === id || !isNotFound(caught)) throw caught;
    // It was stopped before anything was recorded: it is a plan.
    begin({ id, task: ours, deed: ours.deed, phase: 'planning', refused: [] });
    await plan(id, ours);
  }
}

async function showStanding(
  id: string,
  standing: NonNullable<Rollout['standing']>,
  ours: Task | undefined,
  isNamed: boolean | undefined,
): Promise<void> {
  // A rollout by another program is for all policies, or that program resumes it itself.
  const { deed } = standing;
  const others = isNamed === undefined && deed !== undefined ? { deed, reach: EVERYWHERE } : undefined;
  const task = ours ?? others;
  await learn(idsIn(standing.refused).filter(Boolean).slice(0, MOST_NAMES));
  const known = current.value?.id === id ? current.value : undefined;
  const isLeft = task !== undefined && standing.pending > 0;
  const phase = isLeft ? 'stopped' : (known?.phase ?? 'done');
  current.value = { refused: [], ...known, id, task, deed: task?.deed ?? deed, phase, standing };
  if (!isLeft) forgetUnfinished(id);
  else if (known?.plan === undefined) await planAgain();
}

function idsIn(refused: readonly RolloutRefusal[]): readonly string[] {
  return refused.map(({ organizationId }) => organizationId);
}

/** Clears the shown rollout. */
export function leaveRollout(): void {
  ending.abort();
  current.value = undefined;
}

// The next user must not see it.
effect(() => {
  if (signedIn() === undefined) leaveRollout();
});

interface Running {
  readonly asked: Rollout;
  /** The phase after success. */
  readonly end: 'done' | 'reverted';
  readonly how: Pick<Run, 'acknowledged' | 'reason' | 'seen'>;
}

async function run({ asked, end, how }: Running, carry: (run: Run) => Promise<void>): Promise<void> {
  const { failure: _, planBefore: __, ...fresh } = asked;
  const { id } = begin({ ...fresh, refused: [] });
  const { signal: stopped } = ending;
  let failure: string | undefined;
  try {
    await carry({
      ...how,
      id,
      signal: stopped,
      refused: (refusal) => update(id, { refused: [...(current.value?.refused ?? []), refusal] }),
      progressed: (progress) => update(id, { progress }),
    });
  } catch (caught) {
    failure = failureOf(caught);
    if (isForOthers(caught)) {
      askOthers(id, failure);
      return;
    }
  }
  const isWhole = !stopped.aborted && failure === undefined;
  if (isWhole && end === 'reverted') forgetUnfinished(id);
  update(id, { phase: isWhole ? end : 'stopped', ...(failure !== undefined && { failure }) });
  // Read from its events, because the answer may have been cut off.
  if (current.value?.id === id && end === 'done') await lookUp(id, asked.task).catch(() => {});
}

/** Nothing was done, and it can be proposed: it is a plan again. A revert can't be proposed. */
function askOthers(id: string, failure: string): void {
  const isRevert = current.value?.phase === 'reverting';
  update(id, isRevert ? { phase: 'done', failure } : { phase: 'planned', needsOthers: true, failure });
  if (isRevert) return;
  forgetUnfinished(id);
  choose({ id: '' });
}

function begin(asked: Rollout): Rollout {
  ending.abort();
  ending = new AbortController();
  current.value = asked;
  return asked;
}

/** Updates the rollout, unless another one is shown by now. */
function update(id: string, changes: Partial<Rollout>): void {
  if (current.value?.id === id) current.value = { ...current.value, ...changes };
}

function failureOf(caught: unknown): string {
  return isSaidElsewhere(caught) ? '' : sentenceOf(caught);
}
