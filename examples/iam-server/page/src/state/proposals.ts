import { signal, type ReadonlySignal } from '@preact/signals';
import { carryOut } from '../wire/carry-out.js';
import { commandOf } from '../wire/command.js';
import { isConflict, sentenceOf } from '../wire/failure.js';
import { readPreview, type Preview } from '../wire/preview.js';
import type { Scope } from '../wire/scope.js';
import { keepAnswer } from './answers.js';
import { meetConflict } from './conflicts.js';
import { keepRefusal } from './draft.js';
import { say } from './notices.js';
import { organizationName, refreshOrganizations } from './organizations.js';
import { newCorrelationId } from './own-changes.js';
import { refreshAfterChange, refreshPolicy } from './policies.js';
import type { Wish } from './wish.js';

/** A change somebody is about to make, with what it would do. */
export interface Proposal extends Wish {
  readonly preview: Preview | undefined;
  /** Why it can't be made, as a sentence. */
  readonly failure: string | undefined;
  readonly isUnderWay: boolean;
}

const current = signal<Proposal | undefined>(undefined);

/** The change that is being looked at before it is made. */
export const proposal: ReadonlySignal<Proposal | undefined> = current;

/** Shows what a change would do. Nothing is written. */
export async function propose(wish: Wish): Promise<void> {
  const opened: Proposal = { ...wish, preview: undefined, failure: undefined, isUnderWay: false };
  current.value = opened;
  const next = await previewed(opened);
  if (current.value === opened) current.value = next;
}

async function previewed(opened: Proposal): Promise<Proposal> {
  const { scope, intent, seen } = opened;
  try {
    // The dialog says which organizations have a custom policy and so are not affected.
    if (scope.of === 'instance') await refreshOrganizations();
    return { ...opened, preview: await readPreview(scope, commandOf(intent, scope, seen)) };
  } catch (caught) {
    return refused(opened, caught);
  }
}

function refused(asked: Proposal, caught: unknown): Proposal {
  const failure = sentenceOf(caught);
  if (asked.intent.wish === 'change-settings') keepRefusal(asked.scope, failure);
  return { ...asked, failure };
}

/** Lets the change be. */
export function giveUp(): void {
  current.value = undefined;
}

/** Makes the change that was looked at. */
export async function confirm(reason: string): Promise<void> {
  const asked = current.value;
  if (asked === undefined || asked.isUnderWay) return;
  current.value = { ...asked, isUnderWay: true, failure: undefined };
  try {
    await make(asked, reason);
  } catch (caught) {
    if (isConflict(caught)) return meet(asked, reason);
    current.value = refused(asked, caught);
  }
}

async function make(asked: Proposal, reason: string): Promise<void> {
  const { scope, intent, seen, made } = asked;
  const onManipulation = await carryOut({
    scope,
    command: commandOf(intent, scope, seen),
    // A policy that is not there yet has no sequence that could be met: that it is not there is the condition.
    ...(intent.wish !== 'add-custom' && { seen: seen.details.sequence }),
    reason,
    correlationId: newCorrelationId(),
  });
  const read = await refreshPolicy(scope);
  if (read !== undefined) keepAnswer(scope, { onManipulation, onRead: read.details });
  current.value = undefined;
  made?.();
  say('done', doneSentence(scope, onManipulation.sequence));
  await Promise.all([refreshAfterChange(scope), refreshOrganizations()]);
}

async function meet(asked: Proposal, reason: string): Promise<void> {
  current.value = undefined;
  await meetConflict(asked, reason);
}

function doneSentence(scope: Scope, sequence: string): string {
  const whose =
    scope.of === 'instance' ? 'the default policy' : `the policy of ${organizationName(scope.organizationId)}`;
  return `Recorded: ${whose} is at sequence ${sequence} now.`;
}
