import { reject } from '@login-policy/event-sourcing';
import { ABSENT, activeOf, type LoginPolicy } from '../policy/login-policy.js';
import { describeWarnings, waysInClosed } from '../sign-in/warnings.js';
import { lockedOutSentence, type PeopleUnknown } from '../sign-in/people.js';
import { judgesAlike, locksSomebodyOut } from '../sign-in/user-change.js';
import type { Acknowledgement } from './acknowledge.js';
import { evolveAll } from '../policy/evolve.js';
import { withoutUnknown } from '../policy/identity-provider-directory.js';
import type { PolicyWarning } from '../policy/rejections.js';
import {
  type Circumstances,
  type LoginPolicyDecision,
  NO_FACTS,
  type CountedPeople,
  type PolicyFacts,
} from './decision.js';

/**
 * Refuses an accepted command that closes ways in ({@link waysInClosed}) or, with a census, locks out users that there
 * are, unless the caller acknowledged that. A linked identity provider that does not exist is no way in. Where an organization has no custom policy (before one is added, after it is
 * removed), the default applies to its users.
 *
 * @throws the fault of that default when it can't be read; TypeError when it is missing from the facts.
 */
export function guarded(
  decision: LoginPolicyDecision,
  policy: LoginPolicy,
  circumstances: Circumstances,
): LoginPolicyDecision {
  if (decision.outcome === 'rejected' || decision.events.length === 0) return decision;
  const { facts = NO_FACTS, owner } = circumstances;
  const before = metBy(policy, circumstances);
  const after = metAfter(evolveAll(policy, decision.events, owner), circumstances);
  const { acknowledged = [], people, unknownIdentityProviders: unknown } = facts;
  const [open, left] = [withoutUnknown(before, unknown), withoutUnknown(after, unknown)];
  const closed = waysInClosed(open, left).filter((one) => !acknowledged.includes(one));
  const counted = people !== undefined && locksSomebodyOut(open, left) ? people : undefined;
  const warnings = [...describeWarnings(closed), ...warningsAboutPeople(counted, { before, after, acknowledged })];
  return warnings.length === 0 ? decision : reject({ reason: 'would-lock-out', warnings });
}

/** The policy that the users of an owner meet. */
export function metBy(own: LoginPolicy, { owner, facts }: Circumstances): LoginPolicy {
  return owner === 'instance' || own.stage === 'active' ? own : defaultOf(facts?.fallback);
}

/** The policy that they meet after the command, and after the other steps of its plan. */
export function metAfter(own: LoginPolicy, { owner, facts }: Circumstances): LoginPolicy {
  return owner === 'instance' || own.stage === 'active' ? own : defaultOf(facts?.planned ?? facts?.fallback);
}

function defaultOf(fallback: PolicyFacts['fallback']): LoginPolicy {
  if (fallback === undefined) throw new TypeError('whom a change locks out is decided by what the default is');
  if ('code' in fallback) throw fallback;
  return activeOf(fallback) ?? ABSENT;
}

/** A change of the policies that users meet, and what its caller accepts. */
interface Met {
  readonly before: LoginPolicy;
  readonly after: LoginPolicy;
  readonly acknowledged: readonly Acknowledgement[];
}

const MEANWHILE: PeopleUnknown = { unknown: 'The policy changed while its users were counted: try again.' };

function warningsAboutPeople(
  people: CountedPeople | undefined,
  { before, after, acknowledged }: Met,
): readonly PolicyWarning[] {
  if (people === undefined) return [];
  const isCounted = judgesAlike(people.before, before) && judgesAlike(people.after, after);
  const { affected = MEANWHILE } = isCounted ? people : {};
  if ('unknown' in affected)
    return acknowledged.includes('census-unknown') ? [] : [{ warning: 'census-unknown', message: affected.unknown }];
  const most = Math.max(0, ...acknowledged.map((one) => (typeof one === 'object' ? one.lockedOut : 0)));
  if (affected.lockedOut.users <= most) return [];
  return [{ warning: 'users-locked-out', message: lockedOutSentence(affected, people.isYou) }];
}
