import type { Deadline, EventMetadata, RecordedEvent } from '@login-policy/event-sourcing';
import { policyStream, type Owner } from '../policy/owner.js';
import type { PolicyStates } from '../policy/policy-state.js';
import { nameOfSeen, type CommandMarks, type SeenName, type SeenPolicy } from '../policy/seen.js';

/** What to count as seen, and within which time. */
export interface Counting extends CommandMarks {
  readonly seen: SeenPolicy;
  readonly deadline: Deadline;
}

/**
 * The ends of a policy that count as what was seen: that itself, and the present end if everything since is the
 * caller's own, as after the earlier steps of a plan.
 */
export async function countedAsSeen(
  { store }: Pick<PolicyStates, 'store'>,
  owner: Owner,
  { seen, deadline, ...marks }: Counting,
): Promise<readonly SeenName[]> {
  const names = [nameOfSeen(seen)];
  if (marks.correlationId === undefined || seen === 'unreadable') return names;
  const isSeen = ({ id, type }: RecordedEvent): boolean =>
    seen === undefined ? type === 'LoginPolicyRemoved' : id === seen.eventId;
  let end: RecordedEvent | undefined;
  const newestFirst = store.readStream(policyStream(owner), { direction: 'backwards', pageSize: 10 }, deadline);
  for await (const page of newestFirst)
    for (const event of page) {
      if (isSeen(event)) return end === undefined ? names : [...names, nameOf(end)];
      if (!isOwn(event.metadata, marks)) return names;
      end ??= event;
    }
  return seen === undefined && end !== undefined ? [...names, nameOf(end)] : names;
}

/**
 * Whether the caller recorded an event. A correlation id does not tell: callers choose it (`x-request-id`), so anybody may
 * use another's. The idempotency key tells, because the API derives it from the caller, too. Without a key, the actor tells.
 */
function isOwn(recorded: EventMetadata, { actor, correlationId, idempotencyKey }: CommandMarks): boolean {
  if (recorded.correlationId !== correlationId) return false;
  if (idempotencyKey !== undefined) return recorded.idempotencyKey === idempotencyKey;
  return actor !== undefined && recorded.actor === actor;
}

function nameOf({ id, type }: RecordedEvent): SeenName {
  return type === 'LoginPolicyRemoved' ? 'none' : id;
}
