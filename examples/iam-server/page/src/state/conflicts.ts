import { signal, type ReadonlySignal } from '@preact/signals';
import { commandOf } from '../wire/command.js';
import { sentenceOf } from '../wire/failure.js';
import type { Policy } from '../wire/policy.js';
import type { PolicyChange } from '../wire/policy-change.js';
import { readPreview } from '../wire/preview.js';
import { readHistory, type HistoryEntry } from '../wire/history.js';
import { wishedPolicy } from '../wire/wished.js';
import { refreshPolicy } from './policies.js';
import type { Wish } from './wish.js';

/** Somebody else changed the policy first. Both versions, and what lies between them. */
export interface Conflict {
  readonly wish: Wish;
  readonly reason: string;
  /** The policy as it is now. */
  readonly now: Policy;
  /** What was recorded since the person looked, the oldest first. */
  readonly meanwhile: readonly HistoryEntry[];
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
  const now = await refreshPolicy(scope);
  if (now === undefined) throw new Error('The policy is not there any more.');
  const from = Number(seen.details.sequence) + 1;
  const [wanted, { entries }, changesNow] = await Promise.all([
    wishedPolicy(wish.intent, scope, seen),
    readHistory(scope, { direction: 'forwards', from, limit: MOST_SHOWN }),
    changesOnTop(wish, now),
  ]);
  current.value = { wish, reason, now, meanwhile: entries, wanted, changesNow };
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
