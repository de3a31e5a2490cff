import type { EventId } from '@login-policy/event-sourcing';
import type { DateTime } from 'luxon';
import type { MultiFactor, SecondFactor } from './factors.js';
import type { IdentityProviderId } from './identity-provider.js';
import { invalidSentence, InvalidValue, UnknownMember, type InvalidFacts } from '../input/invalid-value.js';
import type { SeenPolicy } from './seen.js';
import type { PolicyChange } from './diff.js';
import { isOrganization, type Owner } from './owner.js';

/** The lock-outs: by the first step of a sign-in, and by the second. */
export const LOCK_OUTS = ['no-way-to-sign-in', 'no-factor-left'] as const;

/** A warning that a single policy can have: users can't get in. */
export type LockOut = (typeof LOCK_OUTS)[number];

/** A problem of a policy, or of a change, that the rules allow (docs/reference/login-policies.md#preview). */
export type WarningName = LockOut | 'weaker-sign-in' | 'users-locked-out' | 'census-unknown';

/** A warning, and its sentence for people. */
export interface PolicyWarning {
  readonly warning: WarningName;
  readonly message: string;
}

/**
 * The refusals of a policy's rules (docs/reference/rejections-and-faults.md), including input whose
 * validity depends on the policy's state.
 */
export type PolicyRejection =
  | InvalidArgument
  | ChangedSince
  /** The guard is on, and the command would introduce these warnings. */
  | { readonly reason: 'would-lock-out'; readonly warnings: readonly PolicyWarning[] }
  | { readonly reason: 'policy-already-exists' }
  | { readonly reason: 'policy-not-found' }
  | { readonly reason: 'default-policy-not-found' }
  | { readonly reason: 'factor-already-exists'; readonly factor: SecondFactor | MultiFactor }
  | { readonly reason: 'factor-not-on-policy'; readonly factor: SecondFactor | MultiFactor }
  | { readonly reason: 'identity-provider-already-exists'; readonly id: IdentityProviderId }
  | { readonly reason: 'identity-provider-not-found'; readonly id: IdentityProviderId }
  | { readonly reason: 'identity-provider-not-on-policy'; readonly id: IdentityProviderId };

/** A malformed argument. */
export interface InvalidArgument extends InvalidFacts {
  readonly reason: 'invalid-argument';
  /** The path of the argument: `settings.lifetimes.passwordCheck`. */
  readonly field: string;
}

/** The refusal of an argument outside a parser: the same that a parser would give. */
export function refusedArgument(field: string, expected: string, value: unknown): InvalidArgument {
  const { received } = new InvalidValue(field, expected, value);
  return { reason: 'invalid-argument', field, expected, received };
}

/** The refusal by a parser. Rethrows everything else. */
export function refusedValue(caught: unknown): InvalidArgument {
  if (!(caught instanceof InvalidValue)) throw caught;
  const { field, expected, received } = caught;
  const problem = caught instanceof UnknownMember ? { problem: caught.problem } : {};
  return { reason: 'invalid-argument', field, expected, received, ...problem };
}

/** A policy that the command depends on is not as the caller saw it (`ifSeen`). */
export interface ChangedSince {
  readonly reason: 'changed-since';
  /** The owner of the policy that changed: the command's, or its instance for the default policy. */
  readonly owner: Owner;
  readonly seen: SeenPolicy;
  readonly actual: SeenPolicy;
  /**
   * What was recorded on it since, oldest first; of many changes the last 20. Empty when the event that was seen is no
   * longer in its history, as after a restore.
   */
  readonly since: readonly ChangeSince[];
}

/** A change of a policy since a caller saw it: when, by whom, why, and what. */
export interface ChangeSince {
  readonly sequence: bigint;
  readonly recordedAt: DateTime<true>;
  readonly actor: string;
  readonly reason?: string;
  readonly type: string;
  readonly changes: readonly PolicyChange[];
}

/** A condition of the command is not met. */
export type UnmetCondition =
  | { readonly reason: 'sequence-not-current'; readonly expected: bigint; readonly actual: bigint }
  | { readonly reason: 'event-not-current'; readonly expected: EventId; readonly actual: EventId | undefined }
  | { readonly reason: 'idempotency-key-reused'; readonly idempotencyKey: string };

/** Why a command or a read was refused. Branch on `reason`. */
export type Rejection = UnmetCondition | PolicyRejection;

/** The name of a reason to refuse. */
export type Reason = Rejection['reason'];

/** The policy that refused, and its sequence at that time. */
export interface RefusingPolicy {
  readonly owner: Owner;
  readonly sequence: bigint;
  /** `then` for a read with `asOf`, which a past state refused. Default: now. */
  readonly when?: 'now' | 'then';
}

/** The command or the read was refused; nothing was written. */
export interface Rejected {
  readonly outcome: 'rejected';
  readonly rejection: Rejection;
  /** The refusal as a sentence for people. */
  readonly message: string;
}

/** A refusal with its message. */
export function rejected(rejection: Rejection, policy?: RefusingPolicy): Rejected {
  return { outcome: 'rejected', rejection, message: describeRejection(rejection, policy) };
}

/** Turns an `InvalidValue` into a refusal, and rethrows everything else. */
export function invalidArgument(caught: unknown): Rejected {
  return rejected(refusedValue(caught));
}

/** Formats a refusal as a sentence with its facts. Without a policy, for a refusal that came before one was read. */
export function describeRejection(rejection: Rejection, policy?: RefusingPolicy): string {
  const sentence = sentenceOf(rejection, policy);
  if (rejection.reason === 'invalid-argument') return sentence;
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

function sentenceOf(rejection: Rejection, policy: RefusingPolicy | undefined): string {
  const where = policy === undefined ? 'the login policy' : policyPhrase(policy);
  switch (rejection.reason) {
    case 'invalid-argument':
      return invalidSentence(rejection);
    case 'sequence-not-current':
      return `${where} was expected at sequence ${rejection.expected} but is at ${rejection.actual}, so nothing was changed.`;
    case 'event-not-current':
      return `${where} ends with another event than the one expected: the expected one is no longer in its history, as after a restore, so nothing was changed.`;
    case 'changed-since':
      return changedSentence(rejection, policy);
    case 'idempotency-key-reused':
      return `The idempotency key ${JSON.stringify(rejection.idempotencyKey)} came before with another command on ${policy === undefined ? where : policyName(policy.owner)}, so this one was not carried out.`;
    case 'would-lock-out':
      return `${where} was not changed, because that would lock people out: ${rejection.warnings.map(({ message }) => message).join(' ')}`;
    case 'policy-already-exists':
      return `${where} exists already, so it can't be added.`;
    case 'policy-not-found':
      return policy === undefined ? 'There is no such login policy.' : absencePhrase(policy);
    case 'default-policy-not-found':
      return `The instance has no default login policy yet, so ${where} can't be made of it.`;
    case 'factor-already-exists':
      return `${rejection.factor} is on ${where} already, so it can't be added.`;
    case 'factor-not-on-policy':
      return `${rejection.factor} is not on ${where}, so it can't be removed.`;
    case 'identity-provider-already-exists':
      return `Identity provider ${JSON.stringify(rejection.id)} is on ${where} already, so it can't be added.`;
    case 'identity-provider-not-found':
      return `Identity provider ${JSON.stringify(rejection.id)} does not exist, so it can't be added to ${where}.`;
    case 'identity-provider-not-on-policy':
      return `Identity provider ${JSON.stringify(rejection.id)} is not on ${where}, so it can't be removed.`;
  }
}

function policyPhrase({ owner, sequence }: RefusingPolicy): string {
  return `${policyName(owner)} (sequence ${sequence})`;
}

/** Who changed the default policy is not told to an organization. */
function changedSentence({ owner, since }: ChangedSince, policy: RefusingPolicy | undefined): string {
  const isOwn = policy === undefined || isOrganization(policy.owner) === isOrganization(owner);
  const last = since.at(-1);
  if (last === undefined)
    return `${policyName(owner)} is not the one that was seen: its history is another one, as after a restore, so nothing was changed.`;
  const by = isOwn ? ` by ${last.actor}` : '';
  const others = since.length === 1 ? '' : ` and ${since.length - 1} more before`;
  return `${policyName(owner)} was changed since it was seen: sequence ${last.sequence}, ${last.type}${by} at ${last.recordedAt.toISO()}${others}, so nothing was changed.`;
}

/** The policy's name within a sentence. */
export function policyName(owner: Owner): string {
  return isOrganization(owner)
    ? `the custom login policy of organization ${owner.organizationId}`
    : `the default login policy of instance ${owner.instanceId}`;
}

function absencePhrase({ owner, when }: RefusingPolicy): string {
  const [has, yet, end] = when === 'then' ? ['had', ' then', ' then'] : ['has', ' yet', ''];
  return isOrganization(owner)
    ? `Organization ${owner.organizationId} ${has} no custom login policy${end}.`
    : `Instance ${owner.instanceId} ${has} no default login policy${yet}.`;
}
