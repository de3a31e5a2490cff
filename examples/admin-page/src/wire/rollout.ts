import { acknowledging, ALL_ACKNOWLEDGED } from './command.js';
import { MULTI_FACTORS, SECOND_FACTORS } from './factors.js';
import { reasonIn } from './history.js';
import { listOf, objectOf, textOf, type JsonObject } from './json.js';
import { sendForLines } from './lines.js';
import { planOf, refusalIn, type Plan, type RolloutRefusal } from './plan.js';
import { send } from './request.js';
import { INSTANCE, pathOf } from './scope.js';
import { reachRequest, taskRequest, type Deed, type Reach, type Task } from './task.js';

/** The progress of a rollout or of its revert. */
export interface Progress {
  readonly done: number;
  readonly of: number;
  readonly changed: number;
}

/** The status of a rollout, whichever process carried it out. */
export interface Standing {
  /**
   * The change according to its events; `undefined` for a change of settings, because each event only has the settings
   * that changed.
   */
  readonly deed: Deed | undefined;
  readonly actor: string;
  readonly reason: string | undefined;
  readonly recordedAt: string;
  readonly changed: number;
  readonly pending: number;
  readonly refused: readonly RolloutRefusal[];
  readonly stillAllowing: number | 'more-than-10000' | undefined;
}

const PATH = pathOf(INSTANCE);

/** Plans a rollout: what is left of it, under the id of one that was begun. */
export async function planRollout(request: JsonObject, signal: AbortSignal, id = 'plan'): Promise<Plan> {
  const steps: JsonObject[] = [];
  let seen = '';
  const body = { ...request, id };
  await sendForLines({ path: `${PATH}/_plan_rollout`, headers: ALL_ACKNOWLEDGED, body, signal }, (line) => {
    if (line['step'] !== undefined) steps.push(objectOf(line['step'], 'a step'));
    if (line['end'] !== undefined) seen = textOf(objectOf(line['end'], 'the end')['seen'], 'seen');
  });
  return planOf(steps, seen);
}

/** How a rollout is carried out, or reverted. */
export interface Run {
  readonly id: string;
  readonly reason: string;
  readonly acknowledged: readonly string[];
  /** The `seen` of each step of its plan; empty if no plan was shown. */
  readonly seen: readonly string[];
  readonly signal: AbortSignal;
  readonly refused: (refusal: RolloutRefusal) => void;
  readonly progressed: (progress: Progress) => void;
}

/** Carries out a rollout, or resumes it. What was done under its id is not repeated. */
export function rollOut(task: Task, run: Run): Promise<void> {
  const { id, seen } = run;
  return carriedOut('_roll_out', { id, ...taskRequest(task), ...(seen.length > 0 && { ifSeen: seen }) }, run);
}

/** Reverts each policy to its state before the rollout. */
export function revertRollout(run: Run): Promise<void> {
  return carriedOut('_revert_rollout', { id: run.id }, run);
}

function carriedOut(name: string, body: JsonObject, run: Run): Promise<void> {
  const { reason, acknowledged, signal, refused, progressed } = run;
  const headers = {
    ...acknowledging(acknowledged),
    ...(reason !== '' && { 'login-policy-reason': encodeURIComponent(reason.toWellFormed()) }),
  };
  return sendForLines({ path: `${PATH}/${name}`, headers, body, signal }, (line) => {
    if (line['refusal'] !== undefined) refused(refusalIn(objectOf(line['refusal'], 'a refusal')));
    const numbers = line['progress'] ?? line['end'] ?? line['stopped'];
    if (numbers === undefined) return;
    const { done, of, changed } = objectOf(numbers, 'the progress');
    progressed({ done: Number(done), of: Number(of), changed: Number(changed) });
  });
}

/** The status of a rollout among the policies it is for. @throws Refused when its id is unknown. */
export async function readRollout(id: string, reach: Reach): Promise<Standing> {
  const chosen = Object.entries(reachRequest(reach)).map(([name, value]) => [name, JSON.stringify(value)]);
  const query = new URLSearchParams([['id', id], ...chosen]);
  const answer = objectOf(await send({ verb: 'GET', path: `${PATH}/rollout?${query}` }), 'the rollout');
  const still = answer['stillAllowing'];
  return {
    deed: deedIn(objectOf(answer['command'], 'the command')),
    actor: textOf(answer['actor'], 'actor'),
    reason: reasonIn(answer),
    recordedAt: textOf(answer['recordedAt'], 'recordedAt'),
    changed: Number(answer['changed']),
    pending: Number(answer['pending']),
    refused: listOf(answer['refused'], 'refused', (one) => refusalIn(objectOf(one, 'a refusal'))),
    stillAllowing: typeof still === 'number' || still === 'more-than-10000' ? still : undefined,
  };
}

/** The change of a command; `undefined` for one that this page does not offer. */
function deedIn({ type, factor: name, id }: JsonObject): Deed | undefined {
  const step = typeof type === 'string' && type.startsWith('remove') ? 'remove' : 'add';
  const factor = [...MULTI_FACTORS, ...SECOND_FACTORS].find((one) => one.name === name);
  if (factor !== undefined) return { wish: `${step}-factor`, factor };
  if (typeof id !== 'string') return undefined;
  return step === 'add' ? { wish: 'add-provider', id, owner: 'SYSTEM' } : { wish: 'remove-provider', id };
}
