import { reject } from '@login-policy/event-sourcing';
import { evolveAll } from '../policy/evolve.js';
import type { LoginPolicy } from '../policy/login-policy.js';
import { policyStream, type Owner } from '../policy/owner.js';
import type { PolicyState } from '../policy/policy-state.js';
import type { ChangedSince } from '../policy/rejections.js';
import { nameOfSeen, seenIn } from '../policy/seen.js';
import type { Circumstances, LoginPolicyDecision, SeenFacts } from './decision.js';

/** The refusal if the owner's own policy is not as the caller saw it. */
export function changedOwn(
  owner: Owner,
  state: PolicyState,
  facts: { readonly seen?: SeenFacts | undefined } | undefined,
): ChangedSince | undefined {
  const { seen, own } = facts?.seen ?? {};
  const actual = seenIn(state);
  if (own === undefined || own.includes(nameOfSeen(actual))) return undefined;
  return { reason: 'changed-since', owner, seen: seen?.own, actual, since: [] };
}

/**
 * The default policy behind an organization's; if there is none, the one that the same plan adds.
 *
 * @throws its fault when it can't be read.
 */
export function defaultIn({ facts }: Circumstances): LoginPolicy {
  if (facts?.fallback === undefined) throw new TypeError('a new custom policy is decided by what the default is');
  const isAdded = 'stage' in facts.fallback && facts.fallback.stage === 'absent';
  const found = isAdded ? (facts.planned ?? facts.fallback) : facts.fallback;
  if ('code' in found) throw found;
  return found;
}

/**
 * Binds a decision to the default policy that was looked up, where the organization's users meet it before or after the
 * command. It is refused if that is not the default that the caller saw.
 */
export function boundToDefault(
  decision: LoginPolicyDecision,
  policy: LoginPolicy,
  { owner, facts }: Circumstances,
): LoginPolicyDecision {
  const end = facts?.defaultEnd;
  if (owner === 'instance' || end === undefined) return decision;
  const after = decision.outcome === 'accepted' ? evolveAll(policy, decision.events, owner) : policy;
  if (policy.stage === 'active' && after.stage === 'active') return decision;
  const { instance } = end;
  const { seen, byDefault } = facts?.seen ?? {};
  if (byDefault !== undefined && !byDefault.includes(nameOfSeen(end.last)))
    return reject({
      reason: 'changed-since',
      owner: instance,
      seen: seen?.byDefault,
      actual: end.last,
      since: [],
    });
  if (decision.outcome === 'rejected' || end.last === 'unreadable') return decision;
  return { ...decision, given: { streamId: policyStream(instance), eventId: end.last?.eventId } };
}
