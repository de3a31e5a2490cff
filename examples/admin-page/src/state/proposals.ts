import { signal, type ReadonlySignal } from '@preact/signals';
import { carryOut, type Made } from '../wire/carry-out.js';
import { acknowledging, commandOf, conditionOf, ifSeen } from '../wire/command.js';
import { commandData } from '../wire/command-data.js';
import type { Details } from '../wire/details.js';
import { isConflict, isForOthers, isSaidElsewhere, sentenceOf } from '../wire/failure.js';
import { readHistory } from '../wire/history.js';
import { readPreview, type Preview } from '../wire/preview.js';
import type { Asking } from '../wire/proposals.js';
import { intentTitle } from '../words/intent.js';
import { keepAnswer } from './answers.js';
import { attempt } from './attempt.js';
import { meetConflict } from './conflicts.js';
import { discardDraft, keepRefusal, settleDraft } from './draft.js';
import { say, sayLasting } from './notices.js';
import { organizationName } from './organizations.js';
import { newCorrelationId } from './own-changes.js';
import { undoOf } from '../wire/undo.js';
import { refreshAfterChange, refreshPolicy } from './policies.js';
import { sendProposal, type HowProposed } from './proposing.js';
import { readBack, seenWithOwn } from './reading-back.js';
import { keepReason } from './reasons.js';
import { untilKnown } from './until-known.js';
import type { Wish } from './wish.js';
import { setUpUnder } from './your-change.js';

/** The progress of a change. It can only be cancelled while it is `open`. */
export type Stage = 'open' | 'recording' | 'finding-out';

/** A change that the user is about to make, and its preview. */
export interface Proposal extends Wish {
  /** The idempotency key of all attempts: the change is made once, however often it is sent. */
  readonly key: string;
  readonly preview: Preview | undefined;
  /** Whether the server said that something has changed since the user looked. */
  readonly isOutdated?: boolean;
  /** Why it can't be made, as a sentence. */
  readonly failure: string | undefined;
  readonly stage: Stage;
  /** Whether an attempt may have been recorded although a later one was refused. */
  readonly isOpenWhether?: boolean;
  /** How others are asked, once it was proposed instead of made. */
  readonly asking?: Asking | undefined;
  /** Whether it was refused because others have to approve it. */
  readonly needsOthers?: boolean;
}

const current = signal<Proposal | undefined>(undefined);
let ending = new AbortController();

/** The change in the open preview dialog. */
export const proposal: ReadonlySignal<Proposal | undefined> = current;

/** Shows the preview of a change. Nothing is written. */
export async function propose(wish: Wish): Promise<void> {
  if (isUnderWay()) return;
  const opened: Proposal = { ...wish, key: newCorrelationId(), preview: undefined, failure: undefined, stage: 'open' };
  current.value = opened;
  const next = await previewed({ ...opened, seen: await seenWithOwn(wish) });
  if (current.value === opened) current.value = next;
}

/** Loads the preview again. */
export async function previewAgain(): Promise<void> {
  if (current.value !== undefined) await propose(current.value);
}

async function previewed(opened: Proposal): Promise<Proposal> {
  const { scope, intent, seen } = opened;
  const command = commandOf(intent, scope, seen);
  const you = await setUpUnder(scope);
  try {
    return { ...opened, preview: await readPreview(scope, command, { condition: conditionOf(seen), you }) };
  } catch (caught) {
    if (!isConflict(caught)) return refused(opened, caught);
  }
  const outdated = { ...opened, isOutdated: true };
  try {
    return { ...outdated, preview: await readPreview(scope, command, { you }) };
  } catch (caught) {
    return refused(outdated, caught);
  }
}

/** The change was refused, so the next attempt gets a new key. */
function refused(asked: Proposal, caught: unknown): Proposal {
  const failure = sentenceOf(caught);
  if (asked.intent.wish === 'change-settings') keepRefusal(asked.scope, failure);
  const needsOthers = asked.needsOthers === true || isForOthers(caught);
  return { ...asked, key: newCorrelationId(), failure, needsOthers, stage: 'open' };
}

/** Whether a change is being made, or its outcome is unknown. */
export function isUnderWay(): boolean {
  return current.value !== undefined && current.value.stage !== 'open';
}

/** Cancels the change, unless it is being made. */
export function giveUp(): void {
  if (!isUnderWay()) current.value = undefined;
}

/**
 * Closes the change although its outcome may be unknown: the user stops waiting, or is signed out. A message says that
 * the history will show the outcome.
 */
export function leaveProposal(): void {
  const asked = current.value;
  ending.abort();
  current.value = undefined;
  if (asked?.stage !== 'finding-out') return;
  const title = intentTitle(asked.intent, asked.scope);
  const [done, where] = asked.asking === undefined ? ['recorded', 'Its history shows'] : ['proposed', 'Proposals show'];
  sayLasting(`It is not known whether “${title}” was ${done}. ${where} it once the server can be reached.`);
}

/** Makes the change, or shows the conflict. `acknowledged` are the lock-outs the user accepts. */
export async function confirm(reason: string, acknowledged: readonly string[] = []): Promise<void> {
  const asked = current.value;
  if (asked === undefined || isUnderWay()) return;
  await send({ ...asked, asking: undefined }, reason, async () => {
    recorded(asked, await make(asked, reason, acknowledged));
  });
}

/** Proposes the change instead of making it, or carries it out as an emergency. */
export async function proposeInstead(asking: Asking, given: HowProposed): Promise<void> {
  const asked = current.value;
  if (asked?.preview === undefined || isUnderWay()) return;
  const { scope, intent, preview, key } = asked;
  const change = { command: commandData(intent), seen: preview.seen };
  const title = intentTitle(intent, scope);
  await send({ ...asked, asking }, given.reason, async () => {
    await sendProposal(asking, { ...given, scope, change, id: key, title });
    keepReason(scope, intent, '');
    if (intent.wish === 'change-settings') discardDraft(scope);
    ifShown(asked, () => undefined);
    attempt(() => refreshAfterChange(scope));
  });
}

/** Shows the conflict without sending a change that would be refused. */
export async function meet(reason: string): Promise<void> {
  const asked = current.value;
  if (asked === undefined) return;
  try {
    await meetConflict(asked, reason);
    ifShown(asked, () => undefined);
  } catch (caught) {
    ifShown(asked, () => refused(asked, caught));
  }
}

async function send(asked: Proposal, reason: string, sendOnce: () => Promise<void>): Promise<void> {
  ending = new AbortController();
  current.value = { ...asked, stage: 'recording', failure: undefined };
  const lost = (): void => ifShown(asked, (shown) => ({ ...shown, stage: 'finding-out' }));
  const notDone = await untilKnown(sendOnce, { signal: ending.signal, lost });
  if (notDone === undefined) return;
  const { caught, isOpenWhether } = notDone;
  ifShown(asked, (shown) => ({ ...shown, isOpenWhether: isOpenWhether || shown.isOpenWhether === true }));
  if (isSaidElsewhere(caught)) return;
  if (isConflict(caught)) await meet(reason);
  else ifShown(asked, ({ isOpenWhether: isOpen = false }) => ({ ...refused(asked, caught), isOpenWhether: isOpen }));
}

function make(asked: Proposal, reason: string, acknowledged: readonly string[]): Promise<Made> {
  const { scope, intent, seen, key, preview } = asked;
  return carryOut({
    scope,
    command: commandOf(intent, scope, seen),
    // What the preview depended on was what the user saw, and is what they confirm.
    condition: { ...(preview ? ifSeen(preview.seen) : conditionOf(seen)), ...acknowledging(acknowledged) },
    reason,
    correlationId: key,
  });
}

/** Updates the change, unless another one is shown by now. */
function ifShown({ key }: Proposal, next: (shown: Proposal) => Proposal | undefined): void {
  if (current.value?.key === key) current.value = next(current.value);
}

/** The answer to the write ends the change, even if the policy can't be read back. */
function recorded(asked: Proposal, made: Made): void {
  const { scope, intent, onSaved } = asked;
  const { details: onManipulation } = made;
  keepReason(scope, intent, '');
  if (intent.wish === 'change-settings') settleDraft(scope, intent.patch, made);
  ifShown(asked, () => undefined);
  onSaved?.();
  sayDone(asked, onManipulation);
  attempt(async () => {
    const read = await readBack(scope, onManipulation);
    if (read !== undefined) keepAnswer(scope, { onManipulation, onRead: read.details });
    await refreshAfterChange(scope);
  });
}

/** The success message offers to undo the change, with a preview. */
function sayDone(saved: Proposal, { sequence }: Details): void {
  const { scope } = saved;
  const whose =
    scope.of === 'instance' ? 'the default policy' : `the policy of ${organizationName(scope.organizationId)}`;
  const back = undoOf(saved, sequence);
  say('done', `Recorded: ${whose} is at version ${sequence} now.`, {
    label: 'Undo',
    act: () => {
      attempt(async () => {
        await expectOwnEvent(saved, sequence);
        const now = await refreshPolicy(scope);
        if (now !== undefined) await propose({ scope, intent: back, seen: now });
      });
    },
  });
}

/** A version is known by its event, not by its number: after a restore another event can have that. */
async function expectOwnEvent({ scope, key }: Proposal, sequence: string): Promise<void> {
  const { entries } = await readHistory(scope, { direction: 'forwards', from: Number(sequence), limit: 1 });
  if (entries[0]?.sequence === Number(sequence) && entries[0].correlationId === key) return;
  throw new Error('Your change is no longer in the history, as after a restored backup, so it can’t be undone.');
}
