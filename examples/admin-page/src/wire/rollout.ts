import { acknowledging, ALL_ACKNOWLEDGED } from './command.js';
import { MULTI_FACTORS, SECOND_FACTORS } from './factors.js';
import { reasonIn } from './history.js';
import { listOf, objectOf, optionalText, textOf, type JsonObject } from './json.js';
import { sendForLines } from './lines.js';
import { lockedOutOf, peopleIn, sumOfPeople, type People } from './people.js';
import type { Policy } from './policy.js';
import { send } from './request.js';
import { INSTANCE, pathOf } from './scope.js';
import { reachRequest, taskRequest, type Deed, type Reach, type Task } from './task.js';

/** A policy that was not changed although it needed a change, and why. */
export interface RolloutRefusal {
  /** Empty for the default policy. */
  readonly organizationId: string;
  readonly message: string;
}

/** The plan of a rollout. */
export interface Plan {
  /** The organizations whose policies would change; `''` for the default policy. */
  readonly changing: readonly string[];
  /** The number of policies that need no change. */
  readonly unchanged: number;
  readonly refused: readonly RolloutRefusal[];
  /** Those in `changing` that would lock users out. The server refuses them unless that is acknowledged. */
  readonly lockingOut: readonly string[];
  /** What the steps would have to acknowledge for that: the lock-outs by name, and the most users of one policy. */
  readonly lockOuts: readonly string[];
  /** The users whom all steps affect. */
  readonly people: People | undefined;
  /** How many in `changing` would let users in with one factor who needed two before. */
  readonly weaker: number;
}

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

/** Plans a task. */
export async function planRollout(task: Task, seen: Policy, signal: AbortSignal): Promise<Plan> {
  const plan = { changing: [] as string[], unchanged: 0, refused: [] as RolloutRefusal[], lockingOut: [] as string[] };
  const names = new Set<string>();
  let [weaker, most, people]: [number, number, People | undefined] = [0, 0, undefined];
  const body = { id: 'plan', ...taskRequest(task, seen) };
  await sendForLines({ path: `${PATH}/_plan_rollout`, headers: ALL_ACKNOWLEDGED, body, signal }, (line) => {
    if (line['step'] === undefined) return;
    const step = objectOf(line['step'], 'a step');
    const id = ownerIn(step);
    if (step['outcome'] === 'nothing-to-do') plan.unchanged++;
    else if (step['outcome'] === 'would-be-refused') plan.refused.push(refusalIn(step));
    else {
      plan.changing.push(id);
      const warnings = introducedIn(step);
      const hit = peopleIn(step['people']);
      people = sumOfPeople(people, hit);
      most = Math.max(most, lockedOutOf(hit).users);
      if (warnings.some((name) => name !== WEAKER)) plan.lockingOut.push(id);
      if (warnings.includes(WEAKER)) weaker++;
      for (const name of warnings) if (name !== WEAKER && name !== USERS) names.add(name);
    }
  });
  const lockOuts = [...names, ...(most > 0 ? [`${USERS}=${most}`] : [])];
  return { ...plan, weaker, people, lockOuts };
}

/** How a rollout is carried out, or reverted. */
export interface Run {
  readonly id: string;
  readonly reason: string;
  readonly acknowledged: readonly string[];
  readonly signal: AbortSignal;
  readonly refused: (refusal: RolloutRefusal) => void;
  readonly progressed: (progress: Progress) => void;
}

/** Carries out a rollout, or resumes it. What was done under its id is not repeated. */
export function rollOut(task: Task, seen: Policy, run: Run): Promise<void> {
  return carriedOut('_roll_out', { id: run.id, ...taskRequest(task, seen) }, run);
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

function ownerIn(about: JsonObject): string {
  return optionalText(objectOf(about['owner'], 'owner')['organizationId'], 'organizationId') ?? '';
}

function refusalIn(about: JsonObject): RolloutRefusal {
  return { organizationId: ownerIn(about), message: textOf(about['message'], 'message') };
}

const WEAKER = 'weaker-sign-in';
const USERS = 'users-locked-out';

function introducedIn(step: JsonObject): readonly string[] {
  return listOf(objectOf(step['warnings'], 'warnings')['introduced'], 'introduced', (one) =>
    textOf(objectOf(one, 'a warning')['warning'], 'warning'),
  );
}

/** The change of a command; `undefined` for one that this page does not offer. */
function deedIn({ type, factor: name, id }: JsonObject): Deed | undefined {
  const step = typeof type === 'string' && type.startsWith('remove') ? 'remove' : 'add';
  const factor = [...MULTI_FACTORS, ...SECOND_FACTORS].find((one) => one.name === name);
  if (factor !== undefined) return { wish: `${step}-factor`, factor };
  if (typeof id !== 'string') return undefined;
  return step === 'add' ? { wish: 'add-provider', id, owner: 'SYSTEM' } : { wish: 'remove-provider', id };
}
