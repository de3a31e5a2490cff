import { signal, type ReadonlySignal } from '@preact/signals';
import { commandOf } from '../wire/command.js';
import { sentenceOf } from '../wire/failure.js';
import type { Policy } from '../wire/policy.js';
import type { PolicyChange } from '../wire/policy-change.js';
import { readPreview } from '../wire/preview.js';
import { readHistory, type HistoryEntry } from '../wire/history.js';
import { INSTANCE } from '../wire/scope.js';
import { wishedPolicy } from '../wire/wished.js';
import { keepReason } from './reasons.js';
import { refreshPolicy } from './policies.js';
import type { Wish } from './wish.js';

/** Somebody else changed the policy first. Both versions, and what lies between them. */
export interface Conflict {
  readonly wish: Wish;
  /** The policy as it is now. */
  readonly now: Policy;
  /** The newest of what was recorded since the person looked, the oldest of them first. */
  readonly meanwhile: readonly HistoryEntry[];
  /** How much was recorded since; 0 where the policy of another owner took its place. */
  readonly count: number;
  /** The policy as the person wanted it. */
  readonly wanted: Policy;
  /** What the wish would change in what is there now; a sentence where it can't be granted any more. */
  readonly changesNow: readonly PolicyChange[] | string;
}

const MOST_SHOWN = 20;
const current = signal<Conflict | undefined>(undefined);

/** The conflict that waits for a decision. */
export const conflict: ReadonlySignal<Conflict | undefined> = current;

/** Puts both versions before the person whose change was refused because the policy moved on. */
export async function meetConflict(wish: Wish, reason: string): Promise<void> {
  const { scope, seen } = wish;
  keepReason(scope, wish.intent, reason);
  const now = await refreshPolicy(scope);
  if (now === undefined) throw new Error('The policy is not there any more.');
  const isSameOwner = now.details.resourceOwner === seen.details.resourceOwner;
  const count = isSameOwner ? Number(now.details.sequence) - Number(seen.details.sequence) : 0;
  const [wanted, { entries }, changesNow] = await Promise.all([
    wishedPolicy(wish.intent, scope, seen),
    readHistory(now.isDefault ? INSTANCE : scope, {
      direction: 'backwards',
      from: Number(now.details.sequence),
      limit: MOST_SHOWN,
    }),
    changesOnTop(wish, now),
  ]);
  const meanwhile = entries.slice(0, count).toReversed();
  current.value = { wish, now, meanwhile, count, wanted, changesNow };
}

async function changesOnTop({ scope, intent }: Wish, now: Policy): Promise<readonly PolicyChange[] | string> {
  try {
    return (await readPreview(scope, commandOf(intent, scope, now))).changes;
  } catch (caught) {
    return sentenceOf(caught);
  }
}

/** Ends the conflict, whatever was decided. */
export function settle(): void {
  current.value = undefined;
}
