import type { Deadline, FactSource } from '@login-policy/event-sourcing';
import type { CommandConditions, FoundDefault } from './command-input.js';
import type { LoginPolicyCommand } from './commands.js';
import type { IdentityProvider } from '../policy/identity-provider.js';
import { linksOf, unknownAmong, type IdentityProviderDirectory } from '../policy/identity-provider-directory.js';
import type { LoginPolicy } from '../policy/login-policy.js';
import { instanceOf, isOrganization, ownerIn, type Owner } from '../policy/owner.js';
import { asOf, type ParsedAsOf } from '../input/moment.js';
import { isUnreadable, type PolicyState, type UnreadableFault } from '../policy/policy-state.js';
import { seenIn, type CommandMarks, type SeenName, type SeenPolicy } from '../policy/seen.js';
import { canTakeWaysIn } from './takes-ways-in.js';
import type { Guard, SeenFacts, PolicyFacts } from './decision.js';
import { LOCK_OUTS } from '../policy/rejections.js';

/** Looks up the policies that a command's decision needs. */
export interface PolicyLookUps {
  /** The owner's current policy, from its events. */
  latest(owner: Owner, deadline: Deadline): Promise<PolicyState>;
  /** The owner's policy at a moment in the past. */
  past(owner: Owner, asOf: ParsedAsOf, deadline: Deadline): Promise<PolicyState>;
  /** The ends of a policy that count as what was seen: that itself, and what the caller recorded since. */
  countedAsSeen(
    owner: Owner,
    counting: CommandMarks & { readonly seen: SeenPolicy; readonly deadline: Deadline },
  ): Promise<readonly SeenName[]>;
}

/** The sources of facts. */
export interface FactProviders {
  readonly identityProviders: IdentityProviderDirectory | undefined;
  readonly guard: Guard;
  readonly policies: () => PolicyLookUps;
}

/** Looks up the facts for commands of login policies: which identity providers exist, what a policy is or was. */
export function policyFacts(providers: FactProviders): FactSource<LoginPolicyCommand, PolicyFacts, CommandConditions> {
  const { guard, identityProviders, policies } = providers;
  return {
    isNeededFor: (command, conditions) =>
      COPYING.includes(command.type) ||
      (identityProviders !== undefined && namedIn(command).length > 0) ||
      conditions?.ifSeen !== undefined ||
      conditions?.plan?.defaults !== undefined ||
      judgesLinks(command, providers, conditions) ||
      (guard === 'refuse' && (needsFallback(command) || conditions?.acknowledge !== undefined)),
    async lookUp(streamId, command, { conditions = {}, deadline }) {
      const asked = { owner: ownerIn(streamId), deadline };
      const seen = await seenFacts(conditions, policies(), asked);
      const model =
        command.type === 'revert'
          ? (await policies().past(asked.owner, asOf(command.to, 'to'), deadline)).policy
          : undefined;
      const byDefault = await defaultBehind(command, providers, { ...asked, conditions });
      const copied = model ?? (command.type === 'revert' ? undefined : byDefault?.fallback);
      const named = [...namedIn(command), ...(COPYING.includes(command.type) ? linkedBy(copied) : [])];
      const judged = judgesLinks(command, providers, conditions) ? await linkedNow(asked, policies(), byDefault) : [];
      const lookedUp = { owner: asked.owner, identityProviders: [...named, ...judged] };
      const unknownIdentityProviders = await unknownAmong(identityProviders, lookedUp, deadline);
      const acknowledged = conditions.acknowledge ?? [];
      return { unknownIdentityProviders, ...byDefault, acknowledged, ...(model && { model }), ...(seen && { seen }) };
    },
  };
}

/** The commands that copy another policy: all of it, or what they do not name. */
const COPYING: readonly LoginPolicyCommand['type'][] = ['revert', 'customize', 'set'];

/**
 * Whether an organization may lack a custom policy before or after the command, so that the default applies to its
 * users.
 */
function needsFallback({ type }: LoginPolicyCommand): boolean {
  return type === 'add' || type === 'remove' || COPYING.includes(type);
}

/** The policy a command is for, and the context of the look-up. */
interface AskedFor {
  readonly owner: Owner;
  readonly deadline: Deadline;
}

/** Whether the guard asks which of the linked identity providers exist. Who accepts every lock-out needs no answer. */
function judgesLinks(
  command: LoginPolicyCommand,
  { guard, identityProviders }: FactProviders,
  { acknowledge = [] }: CommandConditions = {},
): boolean {
  if (guard !== 'refuse' || identityProviders === undefined || !canTakeWaysIn(command)) return false;
  return !LOCK_OUTS.every((one) => acknowledge.includes(one));
}

/** The identity providers of the policies that the owner's users meet before and after a command, but for new ones. */
async function linkedNow(
  { owner, deadline }: AskedFor,
  policies: PolicyLookUps,
  byDefault: Pick<PolicyFacts, 'fallback' | 'planned'> | undefined,
): Promise<readonly IdentityProvider[]> {
  const { policy } = await policies.latest(owner, deadline);
  return [...linksOf(policy), ...linkedBy(byDefault?.fallback), ...linkedBy(byDefault?.planned)];
}

/** The default policy behind an organization's, for commands that copy it, for the guard, and for what was seen. */
async function defaultBehind(
  command: LoginPolicyCommand,
  { guard, policies }: FactProviders,
  { owner, conditions, deadline }: AskedFor & { readonly conditions: CommandConditions },
): Promise<Pick<PolicyFacts, 'defaultEnd' | 'fallback' | 'planned'> | undefined> {
  if (!isOrganization(owner)) return undefined;
  const { ifSeen, plan } = conditions;
  const isCopied = command.type === 'customize' || command.type === 'set';
  const isGuarded = guard === 'refuse' && needsFallback(command);
  const planned = plan?.defaults;
  if (!isCopied && !isGuarded && ifSeen === undefined && planned === undefined) return undefined;
  const instance = instanceOf(owner);
  const { last, policy } = planned?.before ?? (await foundDefault(instance, policies(), deadline));
  return { fallback: policy, planned: planned?.after.policy, defaultEnd: { instance, last } };
}

/** The default policy of an instance, or why it can't be read. */
export async function foundDefault(
  instance: Owner,
  policies: Pick<PolicyLookUps, 'latest'>,
  deadline: Deadline,
): Promise<FoundDefault> {
  try {
    const state = await policies.latest(instance, deadline);
    return { policy: state.policy, last: seenIn(state) };
  } catch (caught) {
    if (isUnreadable(caught)) return { policy: caught, last: 'unreadable' };
    throw caught;
  }
}

/** What the caller saw; `undefined` without `ifSeen`. */
async function seenFacts(
  { actor, correlationId, idempotencyKey, ifSeen: seen }: CommandConditions,
  policies: PolicyLookUps,
  { owner, deadline }: AskedFor,
): Promise<SeenFacts | undefined> {
  if (seen === undefined) return undefined;
  const counted = (one: Owner, what: SeenPolicy): Promise<readonly SeenName[]> =>
    policies.countedAsSeen(one, { seen: what, actor, correlationId, idempotencyKey, deadline });
  const own = await counted(owner, seen.own);
  return { seen, own, byDefault: isOrganization(owner) ? await counted(instanceOf(owner), seen.byDefault) : [] };
}

/** The identity providers that a command would link. */
function namedIn(command: LoginPolicyCommand): readonly IdentityProvider[] {
  if (command.type === 'addIdentityProvider') return [command.identityProvider];
  return command.type === 'add' || command.type === 'set' ? (command.policy.identityProviders ?? []) : [];
}

/** The identity providers of a policy that was looked up; none of one that can't be read. */
function linkedBy(policy: LoginPolicy | UnreadableFault | undefined): readonly IdentityProvider[] {
  return policy !== undefined && 'stage' in policy ? linksOf(policy) : [];
}
