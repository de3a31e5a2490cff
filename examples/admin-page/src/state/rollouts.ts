import { effect, type ReadonlySignal } from '@preact/signals';
import { isSaidElsewhere, sentenceOf } from '../wire/failure.js';
import type { Policy } from '../wire/policy.js';
import { planRollout, readRollout, revertRollout, rollOut, type Run } from '../wire/rollout.js';
import { EVERYWHERE, isOfTask, markOf, type Task } from '../wire/task.js';
import { directoryChanges, learn } from './organizations.js';
import { newCorrelationId } from './own-changes.js';
import { rolloutNow, type Rollout } from './rollout-now.js';
import { choose } from './route.js';
import { signedIn } from './session.js';

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
export async function planTask(task: Task, seen: Policy): Promise<void> {
  if (isRollingOut()) return;
  const { deed } = task;
  const id = newCorrelationId(`.${markOf(task)}`);
  const planned = begin({ id, task, deed, phase: 'planning', refused: [] });
  try {
    const changes = directoryChanges.value;
    const plan = { ...(await planRollout(task, seen, ending.signal)), readAt: new Date().toISOString(), changes };
    await learn(
      [...plan.changing, ...plan.refused.map(({ organizationId }) => organizationId)]
        .filter(Boolean)
        .slice(0, MOST_NAMES),
    );
    update(planned.id, { phase: 'planned', plan });
  } catch (caught) {
    update(planned.id, { failure: failureOf(caught) });
  }
}

/** Whether a policy has changed since the plan was made. */
export function isPlanOld({ phase, plan }: Rollout): boolean {
  return phase === 'planned' && plan !== undefined && plan.changes !== directoryChanges.value;
}

/** Starts the rollout, or resumes it. */
export async function carryOut(seen: Policy, how: Pick<Run, 'acknowledged' | 'reason'>): Promise<void> {
  const asked = current.value;
  if (asked?.task === undefined || isRollingOut()) return;
  const { task, id } = asked;
  choose({ id });
  await run({ asked: { ...asked, phase: 'running' }, end: 'done', how }, (told) => rollOut(task, seen, told));
}

/** Reverts the policies that the rollout changed. */
export async function revert(how: Pick<Run, 'acknowledged' | 'reason'>): Promise<void> {
  const asked = current.value;
  if (asked === undefined || isRollingOut()) return;
  await run({ asked: { ...asked, phase: 'reverting' }, end: 'reverted', how }, revertRollout);
}

/** Stops the rollout. Changes made stay, and it can be resumed. */
export function stopRollout(): void {
  ending.abort();
}

/** Reads the status of a rollout from its events. `named` is the task in the address. */
export async function lookUp(id: string, named: Task | undefined): Promise<void> {
  const isNamed = isOfTask(id, named);
  const ours = isNamed === true ? named : undefined;
  const standing = { ...(await readRollout(id, ours?.reach ?? EVERYWHERE)), readAt: new Date().toISOString() };
  // A rollout by another program is for all policies, or that program resumes it itself.
  const found = standing.deed && { deed: standing.deed, reach: EVERYWHERE };
  const task = isNamed === undefined ? found : ours;
  await learn(
    standing.refused
      .map(({ organizationId }) => organizationId)
      .filter(Boolean)
      .slice(0, MOST_NAMES),
  );
  const known = current.value?.id === id ? current.value : undefined;
  const phase = task !== undefined && standing.pending > 0 ? 'stopped' : (known?.phase ?? 'done');
  current.value = { refused: [], ...known, id, task, deed: task?.deed ?? standing.deed, phase, standing };
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
  readonly how: Pick<Run, 'acknowledged' | 'reason'>;
}

async function run({ asked, end, how }: Running, carry: (run: Run) => Promise<void>): Promise<void> {
  const { failure: _, ...fresh } = asked;
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
  }
  const isWhole = !stopped.aborted && failure === undefined;
  update(id, { phase: isWhole ? end : 'stopped', ...(failure !== undefined && { failure }) });
  // Read from its events, because the answer may have been cut off.
  if (current.value?.id === id && end === 'done') await lookUp(id, asked.task).catch(() => {});
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
