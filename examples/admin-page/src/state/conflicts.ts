import { signal, type ReadonlySignal } from '@preact/signals';
import { commandOf } from '../wire/command.js';
import { sentenceOf } from '../wire/failure.js';
import type { Policy } from '../wire/policy.js';
import type { PolicyChange } from '../wire/policy-change.js';
import { readPreview } from '../wire/preview.js';
import { readHistory, type HistoryEntry } from '../wire/history.js';
import { INSTANCE, type Scope } from '../wire/scope.js';
import { wishedPolicy } from '../wire/wished.js';
import { keepReason } from './reasons.js';
import { refreshPolicy } from './policies.js';
import type { Wish } from './wish.js';

/** Somebody else changed the policy first: both versions, and the changes between them. */
export interface Conflict {
  readonly wish: Wish;
  /** The current policy. */
  readonly now: Policy;
  /** The newest changes since the user loaded the policy, oldest first. */
  readonly meanwhile: readonly HistoryEntry[];
  /** The number of changes since; 0 unless the policy was changed. */
  readonly count: number;
  readonly why: Why;
  /** The policy as the user wants it. */
  readonly wanted: Policy;
  /** The changes that the user's command would make to the current policy; a sentence if it is no longer possible. */
  readonly changesNow: readonly PolicyChange[] | string;
}

/**
 * What happened: the policy was changed, the policy of another owner took its place, the default behind it was changed,
 * or its history is another one, as after a restore.
 */
export type Why = 'changed' | 'other-owner' | 'default-changed' | 'other-history';

const MOST_SHOWN = 20;
const current = signal<Conflict | undefined>(undefined);

/** The conflict that the user must decide. */
export const conflict: ReadonlySignal<Conflict | undefined> = current;

/** Shows both versions after a change was refused because the policy had changed. */
export async function meetConflict(wish: Wish, reason: string): Promise<void> {
  const { scope, seen } = wish;
  keepReason(scope, wish.intent, reason);
  const now = await refreshPolicy(scope);
  if (now === undefined) throw new Error('The policy no longer exists.');
  const why = await whyOf(scope, seen, now);
  const count = why === 'changed' ? Number(now.details.sequence) - Number(seen.details.sequence) : 0;
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
  current.value = { wish, now, meanwhile, count, why, wanted, changesNow };
}

async function whyOf(scope: Scope, { details: seen }: Policy, { details, isDefault }: Policy): Promise<Why> {
  if (details.resourceOwner !== seen.resourceOwner) return 'other-owner';
  // A version is known by its event, not by its number: after a restore another event can have that.
  const from = Number(seen.sequence);
  const { entries } = await readHistory(isDefault ? INSTANCE : scope, { direction: 'forwards', from, limit: 1 });
  const [event] = entries;
  if (event?.sequence !== from || Date.parse(event.recordedAt) !== Date.parse(seen.changeDate)) return 'other-history';
  return details.sequence === seen.sequence ? 'default-changed' : 'changed';
}

async function changesOnTop({ scope, intent }: Wish, now: Policy): Promise<readonly PolicyChange[] | string> {
  try {
    return (await readPreview(scope, commandOf(intent, scope, now))).changes;
  } catch (caught) {
    return sentenceOf(caught);
  }
}

/** Closes the conflict, whatever the user decided. */
export function settle(): void {
  current.value = undefined;
}
