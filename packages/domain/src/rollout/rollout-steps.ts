import { isFault, type FaultCode } from '@login-policy/event-sourcing';
import type { Deadline } from '@login-policy/event-sourcing/domain';
import { decide } from '../commands/decide.js';
import { evolveAll } from '../policy/evolve.js';
import { NO_FACTS } from '../commands/facts.js';
import type { Guard } from '../commands/guard.js';
import type { PolicyHandler } from '../commands/policy-handler.js';
import type { Reason } from '../policy/rejections.js';
import { ABSENT, type LoginPolicy } from '../policy/login-policy.js';
import { isOrganization, ownerKind, policyStream, type Owner } from '../policy/owner.js';
import { rejectedAnswer, rejected } from '../reads/answering.js';
import type { Rejected } from '../reads/answers.js';
import { lastSequenceOf } from '../policy/change-info.js';
import { warningsOfChange } from '../sign-in/warnings.js';
import type { InstancePolicy, PolicyFault } from './instance-policies.js';
import type { Reach } from './reach.js';
import type { RolloutRefusal, RolloutStep } from './rollout-answers.js';
import type { ParsedRollout } from './rollout-input.js';

/** The rules that decide a step. */
export interface StepParts {
  readonly handler: PolicyHandler;
  readonly guard: Guard;
}

/** The rules and the deadline of a step. */
export interface StepContext extends StepParts {
  readonly deadline: Deadline;
}

/** What would happen to a policy: decided from its row, by the rules of the command. */
export async function stepOf(
  { owner, row, fault }: InstancePolicy,
  rollout: ParsedRollout,
  parts: StepContext,
): Promise<RolloutStep> {
  const { acknowledge, mayChange } = rollout.options;
  // Nothing is revealed about a policy that the caller may not change.
  if (mayChange !== undefined && !(await mayChange(owner, parts.deadline))) return refusedStep(notPermitted(owner));
  if (fault !== undefined) return refusedStep(ofFault(owner, fault));
  if (rollout.parsed.type === 'addIdentityProvider') return dryRun(owner, rollout, parts);
  const policy: LoginPolicy = row?.policy ?? ABSENT;
  const facts = { ...NO_FACTS, ...(acknowledge !== undefined && { acknowledged: acknowledge }) };
  const decision = decide(rollout.parsed, policy, { owner: ownerKind(owner), facts, guard: parts.guard });
  if (decision.outcome === 'rejected') {
    const { rejection } = decision;
    return ofRejected(owner, rejected(rejection, { owner, sequence: lastSequenceOf(row?.changeInfo) }), rollout.reach);
  }
  if (decision.events.length === 0) return { owner, outcome: 'nothing-to-do' };
  return changing(owner, policy, evolveAll(policy, decision.events, ownerKind(owner)));
}

/** Looks up whether the identity provider exists, as the command does. */
async function dryRun(owner: Owner, rollout: ParsedRollout, { deadline, handler }: StepContext): Promise<RolloutStep> {
  const { acknowledge } = rollout.options;
  const { signal } = deadline;
  const decision = await handler.dryRun(policyStream(owner), rollout.parsed, { acknowledge, signal });
  if (decision.outcome === 'rejected') return ofRejected(owner, rejectedAnswer(decision, owner), rollout.reach);
  if (decision.events.length === 0) return { owner, outcome: 'nothing-to-do' };
  const { policy } = decision.state;
  return changing(owner, policy, evolveAll(policy, decision.events, ownerKind(owner)));
}

function changing(owner: Owner, before: LoginPolicy, after: LoginPolicy): RolloutStep {
  return { owner, outcome: 'would-change', warnings: warningsOfChange(before, after) };
}

/**
 * A refusal because the policy is already as it should be means that there is nothing to change. So does a missing
 * custom policy, unless the caller chose its organization.
 */
export function ofRejected(owner: Owner, { rejection, message }: Rejected, { organizations }: Reach): RolloutStep {
  const { reason } = rejection;
  const isGone = reason === 'policy-not-found' && isOrganization(owner) && organizations === undefined;
  const isDone = isGone || DONE.includes(reason);
  return isDone ? { owner, outcome: 'nothing-to-do' } : refusedStep({ owner, reason, message });
}

const DONE: readonly Reason[] = [
  'factor-already-exists',
  'factor-not-on-policy',
  'identity-provider-already-exists',
  'identity-provider-not-on-policy',
];

function refusedStep(refusal: RolloutRefusal): RolloutStep {
  return { owner: refusal.owner, outcome: 'would-be-refused', refusal };
}

/** The caller may not change the policy, or not see it. */
export function notPermitted(owner: Owner): RolloutRefusal {
  return { owner, reason: 'not-permitted', message: 'The caller has no permission for this policy.' };
}

/** Turns a fault of one policy into a refusal, so that it does not stop the others. Rethrows every other fault. */
export function refusalByFault(owner: Owner, caught: unknown): RolloutRefusal {
  if (isFault(caught) && FAULTS_OF_ONE_POLICY.includes(caught.code)) return ofFault(owner, caught);
  throw caught;
}

const FAULTS_OF_ONE_POLICY: readonly FaultCode[] = [
  'concurrent-change',
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
