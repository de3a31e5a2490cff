import type { Deadline, RecordedEvent } from '@login-policy/event-sourcing';
import { policyStream, type Owner } from '../policy/owner.js';
import type { PolicyStates } from '../policy/policy-state.js';
import { nameOfSeen, type SeenName, type SeenPolicy } from '../policy/seen.js';

/** What to count as seen, and within which time. */
export interface Counting {
  readonly seen: SeenPolicy;
  /** Events under this correlation id are the caller's own. */
  readonly correlationId: string | undefined;
  readonly deadline: Deadline;
}

/**
 * The ends of a policy that count as what was seen: that itself, and the present end if everything since is the
 * caller's own, as after the earlier steps of a plan.
 */
export async function countedAsSeen(
  { store }: Pick<PolicyStates, 'store'>,
  owner: Owner,
  { seen, correlationId, deadline }: Counting,
): Promise<readonly SeenName[]> {
  const names = [nameOfSeen(seen)];
  if (correlationId === undefined || seen === 'unreadable') return names;
  const isSeen = ({ id, type }: RecordedEvent): boolean =>
    seen === undefined ? type === 'LoginPolicyRemoved' : id === seen.eventId;
  let end: RecordedEvent | undefined;
  const newestFirst = store.readStream(policyStream(owner), { direction: 'backwards', pageSize: 10 }, deadline);
  for await (const page of newestFirst)
    for (const event of page) {
      if (isSeen(event)) return end === undefined ? names : [...names, nameOf(end)];
      if (event.metadata.correlationId !== correlationId) return names;
      end ??= event;
    }
  return seen === undefined && end !== undefined ? [...names, nameOf(end)] : names;
}

function nameOf({ id, type }: RecordedEvent): SeenName {
  return type === 'LoginPolicyRemoved' ? 'none' : id;
}
