import type { Deadline } from '@login-policy/event-sourcing';
import { policyStream } from '../policy/owner.js';
import type { PolicyStates } from '../policy/policy-state.js';
import type { ChangedSince, ChangeSince } from '../policy/rejections.js';
import type { RefusedCommand } from './answering.js';
import { readHistory, type HistoryEntry } from './history.js';

/** The most changes that a refusal tells. */
const MOST = 20;

/**
 * What was recorded on a policy since the caller saw it, oldest first; of many changes the last ones. Empty when the
 * event that they saw is no longer in its history.
 */
export async function changesSince(
  states: PolicyStates,
  { owner, seen }: ChangedSince,
  { signal }: Pick<Deadline, 'signal'>,
): Promise<readonly ChangeSince[]> {
  if (seen === 'unreadable') return [];
  // One more than is told: the event that was seen comes before the first change.
  const wanted = { direction: 'backwards', limit: MOST + 1, fromSequence: undefined, wait: { signal } } as const;
  const { entries } = await readHistory(states, policyStream(owner), wanted);
  const oldest = entries.at(-1);
  const at = entries.findIndex((entry) =>
    seen === undefined ? entry.type === 'LoginPolicyRemoved' : entry.eventId === seen.eventId,
  );
  // Beyond the read page, the event is believed to be there.
  const isLost = at === -1 && seen !== undefined && (oldest === undefined || oldest.sequence <= seen.sequence);
  if (isLost) return [];
  return entries
    .slice(0, at === -1 ? MOST : at)
    .map(changeOf)
    .reverse();
}

/** A refusal with what changed since the caller saw the policy. Every other one stays. */
export async function explained(
  rejection: RefusedCommand['rejection'],
  policies: { changesSince(changed: ChangedSince, wait: Pick<Deadline, 'signal'>): Promise<readonly ChangeSince[]> },
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<RefusedCommand['rejection']> {
  if (rejection.reason !== 'changed-since') return rejection;
  // The refusal stands whether or not its reason can be told.
  const since = await policies.changesSince(rejection, { signal }).catch(() => []);
  return { ...rejection, since };
}

function changeOf({ sequence, recordedAt, actor, reason, type, changes }: HistoryEntry): ChangeSince {
  return { sequence, recordedAt, actor, type, changes, ...(reason !== undefined && { reason }) };
}
