import type { Handled } from '@login-policy/event-sourcing';
import type { Accepted, LoginPolicyList, LoginPolicyView, PolicyDiff, PolicyFound, ReadAnswer } from './answers.js';
import { detailsOf } from './details.js';
import { lastSequenceOf } from '../policy/change-info.js';
import { diffPolicies } from '../policy/diff.js';
import type { StateFound } from './found-rows.js';
import type { ParsedRead } from './read-input.js';
import type { LoginPolicyEvent } from '../policy/events.js';
import { ABSENT } from '../policy/login-policy.js';
import { instanceOf, isOrganization, type Owner } from '../policy/owner.js';
import type { PolicyState } from '../policy/policy-state.js';
import { seenText } from '../policy/seen.js';
import { viewOfSettings } from '../policy/settings.js';
import { type PolicyRejection, type Rejection, type Rejected, rejected } from '../policy/rejections.js';

type HandledCommand = Handled<LoginPolicyEvent, PolicyState, PolicyRejection>;
/** A command that the kernel or the policy refused. */
export type RefusedCommand = Extract<HandledCommand, { readonly outcome: 'rejected' }>;

/** The answer to an accepted command on the owner's policy. */
export function commandAnswerOf(
  handled: Extract<HandledCommand, { readonly outcome: 'accepted' }>,
  owner: Owner,
): Accepted {
  const { position, events, isRepeated } = handled;
  const { changeInfo } = handled.state;
  if (changeInfo === undefined) throw new Error('expected events after an accepted command, got none');
  const { eventId } = changeInfo;
  return { outcome: 'accepted', details: detailsOf(changeInfo, owner), eventId, position, events, isRepeated };
}

/** The owner of a read policy, and the moment of the read. */
interface ReadRequest {
  readonly owner: Owner;
  readonly read: Pick<ParsedRead, 'asOf'>;
}

/** A policy as the answer of a read about `asked`, or the refusal when the owner in the request has none. */
export function foundPolicy(
  found: StateFound | undefined,
  request: ReadRequest,
  asked: Owner = request.owner,
): ReadAnswer<PolicyFound> {
  if (found === undefined) return policyNotFound(request);
  const { seen } = found;
  return {
    outcome: 'found',
    kind: 'policy',
    policy: viewOf(found),
    ...(seen !== undefined && { seen: seenText(asked, seen) }),
  };
}

/** The lists of a policy. */
export type ListName = 'secondFactors' | 'multiFactors' | 'identityProviders';

/** A list of an owner's effective policy, or the refusal when there is none. */
export function foundList<Name extends ListName>(
  found: StateFound | undefined,
  name: Name,
  request: ReadRequest,
): ReadAnswer<LoginPolicyList<LoginPolicyView[Name][number]>> {
  if (found === undefined) return policyNotFound({ owner: instanceOf(request.owner), read: request.read });
  const { policy, changeInfo, owner, position } = found;
  const [isDefault, details] = [!isOrganization(owner), detailsOf(changeInfo, owner)];
  return {
    outcome: 'found',
    kind: 'list',
    owner,
    isDefault,
    items: policy[name],
    details,
    eventId: changeInfo.eventId,
    position,
  };
}

/**
 * The differences between an owner's effective policies at two moments, or the refusal when there was none at either.
 */
export function foundDiff(
  before: StateFound | undefined,
  after: StateFound | undefined,
  { owner, read }: ReadRequest,
): ReadAnswer<PolicyDiff> {
  if (before === undefined && after === undefined) return policyNotFound({ owner: instanceOf(owner), read });
  const changes = diffPolicies(before?.policy ?? ABSENT, after?.policy ?? ABSENT);
  return { outcome: 'found', kind: 'diff', before: before && viewOf(before), after: after && viewOf(after), changes };
}

/** A policy as answers contain it. A literal instead of a spread, for speed: every read calls this function. */
export function viewOf({ policy, changeInfo, owner, position }: StateFound): LoginPolicyView {
  return {
    owner,
    isDefault: !isOrganization(owner),
    settings: viewOfSettings(policy.settings),
    secondFactors: policy.secondFactors,
    multiFactors: policy.multiFactors,
    identityProviders: policy.identityProviders,
    details: detailsOf(changeInfo, owner),
    eventId: changeInfo.eventId,
    position,
  };
}

/** The refusal when no policy applies to the owner. */
export function policyNotFound({ owner, read }: ReadRequest): Rejected {
  const when = read.asOf === undefined ? 'now' : 'then';
  return rejected({ reason: 'policy-not-found' }, { owner, sequence: 0n, when });
}

/** The refusal of a command by the owner's policy, with its message. */
export function rejectedAnswer(
  { rejection, state }: Pick<RefusedCommand, 'rejection' | 'state'>,
  owner: Owner,
): Rejected {
  return rejected(inSequences(rejection), { owner, sequence: lastSequenceOf(state.changeInfo) });
}

/** Translates revisions, which count from 0, into sequences, which count from 1. */
function inSequences(rejection: RefusedCommand['rejection']): Rejection {
  if (rejection.reason !== 'revision-not-current') return rejection;
  const { expected, actual } = rejection;
  return {
    reason: 'sequence-not-current',
    expected: expected === 'no-stream' ? 0n : expected + 1n,
    actual: actual === undefined ? 0n : actual + 1n,
  };
}
