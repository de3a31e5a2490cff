import { effect, signal, type ReadonlySignal } from '@preact/signals';
import { isSaidElsewhere, sentenceOf } from '../wire/failure.js';
import type { Policy } from '../wire/policy.js';
import {
  planRollout,
  readRollout,
  revertRollout,
  rollOut,
  type Deed,
  type Plan,
  type Progress,
  type RolloutRefusal,
  type Run,
  type Standing,
} from '../wire/rollout.js';
import { learn } from './organizations.js';
import { newCorrelationId } from './own-changes.js';
import { choose } from './route.js';
import { signedIn } from './session.js';

/** What becomes of a rollout at the moment. */
export type Phase = 'planning' | 'planned' | 'running' | 'reverting' | 'stopped' | 'done' | 'reverted';

/** A change that is made everywhere, as far as this page has followed it. */
export interface Rollout {
  readonly id: string;
  readonly deed: Deed | undefined;
  readonly phase: Phase;
  readonly plan?: Plan;
  readonly progress?: Progress;
  readonly refused: readonly RolloutRefusal[];
  /** Where it stands by its events, and when that was read. */
  readonly standing?: Standing & { readonly readAt: string };
  /** What went wrong, as a sentence. */
  readonly failure?: string;
}

const MOST_NAMES = 50;
const current = signal<Rollout | undefined>(undefined);
let ending = new AbortController();

/** The rollout that is looked at. It goes on while somebody looks at another view. */
export const rollout: ReadonlySignal<Rollout | undefined> = current;

/** Whether something is being changed. */
export function isRollingOut(): boolean {
  return current.value?.phase === 'running' || current.value?.phase === 'reverting';
}

/** Asks what a deed would do everywhere. Nothing is written. */
export async function planDeed(deed: Deed, seen: Policy): Promise<void> {
  if (isRollingOut()) return;
  const planned = begin({ id: newCorrelationId(), deed, phase: 'planning', refused: [] });
  try {
    const plan = await planRollout(deed, seen, ending.signal);
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

/** Makes the change everywhere, or goes on with it. */
export async function carryOut(seen: Policy, how: Pick<Run, 'acknowledged' | 'reason'>): Promise<void> {
  const asked = current.value;
  if (asked?.deed === undefined || isRollingOut()) return;
  const { deed, id } = asked;
  choose({ id });
  await run({ asked: { ...asked, phase: 'running' }, end: 'done', how }, (told) => rollOut(deed, seen, told));
}

/** Makes each policy what it was before. */
export async function revert(how: Pick<Run, 'acknowledged' | 'reason'>): Promise<void> {
  const asked = current.value;
  if (asked === undefined || isRollingOut()) return;
  await run({ asked: { ...asked, phase: 'reverting' }, end: 'reverted', how }, revertRollout);
}

/** Has nothing more begun. What was done stays, and it can be gone on with. */
export function stopRollout(): void {
  ending.abort();
}

/** Reads where a rollout stands, by its events. */
export async function lookUp(id: string): Promise<void> {
  const standing = { ...(await readRollout(id)), readAt: new Date().toISOString() };
  await learn(
    standing.refused
      .map(({ organizationId }) => organizationId)
      .filter(Boolean)
      .slice(0, MOST_NAMES),
  );
  const known = current.value?.id === id ? current.value : undefined;
  const phase = standing.pending > 0 ? 'stopped' : (known?.phase ?? 'done');
  current.value = { refused: [], ...known, id, deed: standing.deed, phase, standing };
}

/** Looks at no rollout any more. */
export function leaveRollout(): void {
  ending.abort();
  current.value = undefined;
}

// The next user to sign in sees nothing of it.
effect(() => {
  if (signedIn() === undefined) leaveRollout();
});

interface Running {
  readonly asked: Rollout;
  /** What it is once it ended well. */
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
  // By its events: what was answered may have broken off in the middle.
  if (current.value?.id === id && end === 'done') await lookUp(id).catch(() => {});
}

function begin(asked: Rollout): Rollout {
  ending.abort();
  ending = new AbortController();
  current.value = asked;
  return asked;
}

/** Another one may be looked at by now. */
function update(id: string, changes: Partial<Rollout>): void {
  if (current.value?.id === id) current.value = { ...current.value, ...changes };
}

function failureOf(caught: unknown): string {
  return isSaidElsewhere(caught) ? '' : sentenceOf(caught);
}
