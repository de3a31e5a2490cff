import { type Deadline, isFault, type Fault } from '@login-policy/event-sourcing';
import { evolveAll } from '../policy/evolve.js';
import { canTakeWaysIn } from '../commands/takes-ways-in.js';
import type { PolicyParts } from '../policy-parts.js';
import { stateInRow } from '../login-policy-projection.js';
import { linksOf } from '../policy/identity-provider-directory.js';
import type { Reason, Rejected } from '../policy/rejections.js';
import { seenIn, seenText, type SeenPolicy } from '../policy/seen.js';
import { isOrganization, ownerKind, policyStream, type Owner } from '../policy/owner.js';
import { rejectedAnswer } from '../reads/answering.js';
import { changeForPeople } from '../sign-in/count-people.js';
import type { PeopleAffected, PeopleByChange, PeopleUnknown } from '../sign-in/people.js';
import { warningsOfChange } from '../sign-in/warnings.js';
import type { InstancePolicy, PolicyFault } from '../reads/instance-policies.js';
import type { Reach } from './reach.js';
import type { RolloutRefusal, RolloutStep } from './rollout-answers.js';
import type { ParsedRollout } from './rollout-input.js';
import { NO_FACTS } from '../commands/decision.js';

/** The rules that decide a step. */
export type StepParts = Pick<PolicyParts, 'handler' | 'isGuarded' | 'counting'>;

/** The rules and the deadline of a step. */
export interface StepContext extends StepParts {
  readonly deadline: Deadline;
  /** For a plan, how the default policy ends. */
  readonly byDefault?: SeenPolicy;
}

/** What its command would do to a policy: decided from its row, by the rules of the command. */
export async function stepOf(policy: InstancePolicy, rollout: ParsedRollout, parts: StepContext): Promise<RolloutStep> {
  const { owner, fault } = policy;
  const { mayChange } = rollout.options;
  // Nothing is revealed about a policy that the caller may not change.
  if (mayChange !== undefined && !(await mayChange(owner, parts.deadline))) return refusedStep(notPermitted(owner));
  if (fault !== undefined) return { ...refusedStep(ofFault(owner, fault)), seen: seenBy(owner, 'unreadable', parts) };
  const decision = await dryRun(policy, rollout, parts);
  const seen = seenBy(owner, seenIn(decision.state), parts);
  if (decision.outcome === 'rejected')
    return { ...ofRejected(owner, rejectedAnswer(decision, owner), rollout.reach), seen };
  if (decision.events.length === 0) return { owner, outcome: 'nothing-to-do', seen };
  const before = decision.state.policy;
  const after = evolveAll(before, decision.events, ownerKind(owner));
  const { change, people: counted } = await changeForPeople({ owner, before, after }, parts.counting, parts.deadline);
  const people = counted && withoutOrganizations(counted);
  const warnings = warningsOfChange(change.before, change.after);
  return { owner, outcome: 'would-change', seen, warnings, ...(people && { people }) };
}

function seenBy(owner: Owner, own: SeenPolicy, { byDefault }: Pick<StepContext, 'byDefault'>): string {
  return seenText(owner, { own, byDefault: isOrganization(owner) ? byDefault : undefined });
}

/** A step is about one policy: its organizations are those of the plan. */
function withoutOrganizations(people: PeopleAffected | PeopleUnknown): PeopleByChange | PeopleUnknown {
  if ('unknown' in people) return people;
  const { hasToSetUp, lockedOut, stronger, unchanged, weaker } = people;
  return { lockedOut, hasToSetUp, weaker, stronger, unchanged };
}

/** Only whether identity providers exist, and who the users are, has to be looked up; all else is in the row. */
async function dryRun(
  { owner, row }: InstancePolicy,
  { options: { acknowledge }, parsed }: ParsedRollout,
  { counting, deadline: { signal }, handler, isGuarded }: StepContext,
): ReturnType<PolicyParts['handler']['dryRun']> {
  const streamId = policyStream(owner);
  const { state } = stateInRow(row) ?? handler.states.nothing;
  const asksDirectory = counting.identityProviders !== undefined && linksOf(state.policy).length > 0;
  const asks = isGuarded && canTakeWaysIn(parsed) && (counting.people !== undefined || asksDirectory);
  if (parsed.type === 'addIdentityProvider' || asks) return handler.dryRun(streamId, parsed, { acknowledge, signal });
  const facts = { ...NO_FACTS, ...(acknowledge !== undefined && { acknowledged: acknowledge }) };
  return { ...handler.decider.decide(parsed, state, { streamId, facts }), state };
}

/**
 * A refusal because the policy is already as it should be means that there is nothing to change. So does a missing
 * custom policy, unless the caller chose its organization.
 */
export function ofRejected(owner: Owner, { rejection, message }: Rejected, { organizations }: Reach): Unseen {
  const { reason } = rejection;
  const isGone = reason === 'policy-not-found' && isOrganization(owner) && organizations === undefined;
  const isDone = isGone || DONE.includes(reason);
  return isDone ? { owner, outcome: 'nothing-to-do' } : refusedStep({ owner, reason, message });
}

/** Of a step, what a refusal of its command says. */
type Unseen = { readonly owner: Owner; readonly outcome: 'nothing-to-do' } | ReturnType<typeof refusedStep>;

const DONE: readonly Reason[] = [
  'factor-already-exists',
  'factor-not-on-policy',
  'identity-provider-already-exists',
  'identity-provider-not-on-policy',
];

/** A step that is refused. */
export function refusedStep(refusal: RolloutRefusal): Extract<RolloutStep, { readonly outcome: 'would-be-refused' }> {
  return { owner: refusal.owner, outcome: 'would-be-refused', refusal };
}

/** The caller may not change the policy, or not see it. */
export function notPermitted(owner: Owner): RolloutRefusal {
  return { owner, reason: 'not-permitted', message: 'The caller has no permission for this policy.' };
}

/** Turns a fault of one policy into a refusal, so that it does not stop the others. Rethrows every other fault. */
export function refusalByFault(owner: Owner, caught: unknown): RolloutRefusal {
  // An append that meets a damaged row stops its projection there.
  const fault = isFault(caught, 'projection-stopped') ? caught.cause : caught;
  if (isFault(fault) && FAULTS_OF_ONE_POLICY.includes(fault.code)) return ofFault(owner, fault);
  throw caught;
}

const FAULTS_OF_ONE_POLICY: readonly Fault['code'][] = [
  'concurrent-change',
  'store-damaged',
  'unreadable-event',
  'written-by-newer-program',
];

function ofFault(owner: Owner, { code, message }: PolicyFault): RolloutRefusal {
  return { owner, reason: code, message };
}

/** A policy's refusal of the rollout, from the domain's refusal. */
export function refusalOf(owner: Owner, { rejection, message }: Rejected): RolloutRefusal {
  return { owner, reason: rejection.reason, message };
}
