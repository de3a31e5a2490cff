import type { CommandContext, EventId } from '@login-policy/event-sourcing';
import { Deadline } from '@login-policy/event-sourcing/domain';
import { optional } from '../input/options.js';
import { parseAcknowledged, parseConditions, type CommandConditions } from '../commands/command-input.js';
import type { LoginPolicyCommand } from '../commands/commands.js';
import { evolveAll } from '../policy/evolve.js';
import { parseCommand } from '../commands/parse-command.js';
import type { PolicyState } from '../policy/policy-state.js';
import type { LoginPolicyEvent } from '../events/events.js';
import { parseObject } from '../input/invalid-value.js';
import { effectivePolicy } from '../policy/effective-policy.js';
import { ABSENT, activeOf, type LoginPolicy } from '../policy/login-policy.js';
import { instanceOf, isOrganization, ownerKind, parseOwner, type Organization, type Owner } from '../policy/owner.js';
import { NOBODY, onDefault, type Affected, type OrganizationList } from '../reads/affected.js';
import type { LockOut } from '../sign-in/verdict.js';
import { warningsOfChange, type ChangeWarnings } from '../sign-in/warnings.js';
import { MOST_CUSTOM_POLICIES, usersHit, type AffectedUsers, type CountUsers } from '../reads/count-users.js';
import { lastSequenceOf } from '../policy/change-info.js';
import { diffPolicies, type PolicyChange } from '../reads/diff.js';
import type { PolicyReader } from '../reads/policy-reader.js';
import type { InstancePolicies } from '../rollout/instance-policies.js';
import { stillAllowing, stillAllowingFilter } from './still-allowing.js';
import { parseFreshness, READ_MEMBERS, type ParsedRead, type ReadOptions } from '../reads/read-input.js';

/** The dry run of a command. Nothing is written, and another writer may still be first. */
export interface Preview {
  readonly kind: 'preview';
  /** The policy's sequence, 0 for none: pass it as `ifSequence`, and the command does exactly this or is refused. */
  readonly sequence: bigint;
  /** The policy's last event: pass it as `ifEventId`, too. `undefined` for none. */
  readonly eventId: EventId | undefined;
  /** The events that would be recorded; empty when nothing would change. */
  readonly events: readonly LoginPolicyEvent[];
  /** The changes in the policy that applies to the owner's users: for an organization, its effective policy. */
  readonly changes: readonly PolicyChange[];
  /** The problems of the resulting policy that the rules allow: those introduced and those already there. */
  readonly warnings: ChangeWarnings;
  /** The organizations whose users the change affects. */
  readonly affected: Affected;
  /** For a change that removes factors: how many users it affects. */
  readonly users?: AffectedUsers;
  /**
   * For a removal from an instance's default policy: how many custom policies still allow the factor or link the
   * identity provider. `unknown` beside custom policies that this program can't read.
   */
  readonly stillAllowing?: number | 'unknown';
}

/** The conditions of a dry run. `atLeast` applies to the list of custom policies and the default. */
export interface PreviewOptions extends ReadOptions {
  /** Refuse unless the policy is at this sequence, as for the command. */
  readonly ifSequence?: bigint;
  /** Refuse unless this is the policy's last event, as for the command. */
  readonly ifEventId?: string;
  /** The warnings that the guard lets pass, as for the command. */
  readonly acknowledge?: readonly LockOut[];
  /** For `customize`: refuse unless the default policy is at this sequence, as for the command. */
  readonly ifDefaultSequence?: bigint;
  /** For `customize`: refuse unless this is the default policy's last event, as for the command. */
  readonly ifDefaultEventId?: string;
}

/** A checked request for a preview. */
interface ParsedPreview {
  readonly owner: Owner;
  readonly parsed: LoginPolicyCommand;
  readonly context: Pick<CommandContext, 'ifEventId' | 'ifRevision' | 'signal' | 'waitMs'> & CommandConditions;
  readonly read: ParsedRead;
}

const POLICIES_PER_PAGE = 1000;
const CONDITIONS = ['ifSequence', 'ifEventId', 'ifDefaultSequence', 'ifDefaultEventId', 'acknowledge'];

/** Parses a request for a preview. @throws InvalidValue */
export function parsePreview(givenOwner: unknown, command: unknown, options: unknown): ParsedPreview {
  const owner = parseOwner(givenOwner, 'owner');
  const parsed = parseCommand(command, owner);
  const given = parseObject(options, 'options', [...READ_MEMBERS, ...CONDITIONS]);
  const freshness = parseFreshness(given);
  const { signal, waitMs } = freshness;
  const acknowledge = optional(given, 'acknowledge', parseAcknowledged);
  const conditions = { ...parseConditions(given, parsed.type), acknowledge };
  return { owner, parsed, read: { freshness, asOf: undefined }, context: { ...conditions, signal, waitMs } };
}

/** What a preview needs besides the policy. */
interface Surroundings {
  readonly owner: Owner;
  readonly parsed: LoginPolicyCommand;
  readonly read: ParsedRead;
  readonly policies: PolicyReader;
  readonly instancePolicies: InstancePolicies;
  readonly organizations: OrganizationList | undefined;
  readonly countUsers: CountUsers | undefined;
}

/** The effects of a command that would be accepted. */
export async function previewOf(
  { state, events }: { readonly state: PolicyState; readonly events: readonly LoginPolicyEvent[] },
  surroundings: Surroundings,
): Promise<{ readonly outcome: 'found' } & Preview> {
  const before = state.policy;
  const after = evolveAll(before, events, ownerKind(surroundings.owner));
  const outlook = await outlookOf({ before, after }, surroundings);
  const still = await stillAllowingIn(surroundings);
  return {
    outcome: 'found',
    kind: 'preview',
    sequence: lastSequenceOf(state.changeInfo),
    eventId: state.changeInfo?.eventId,
    events,
    ...outlook,
    ...(still !== undefined && { stillAllowing: still }),
  };
}

/** How many custom policies still allow what is removed from the default policy; `undefined` for any other command. */
async function stillAllowingIn({
  owner,
  parsed,
  policies,
  read: { freshness },
}: Surroundings): Promise<number | 'unknown' | undefined> {
  const filter = stillAllowingFilter(parsed);
  return filter === undefined || isOrganization(owner)
    ? undefined
    : stillAllowing(policies, owner, { filter, freshness });
}

/** The policy that would apply to the owner's users: the default where there is, or would be, no custom one. */
async function outlookOf(
  { before, after }: { readonly before: LoginPolicy; readonly after: LoginPolicy },
  surroundings: Surroundings,
): Promise<Pick<Preview, 'changes' | 'warnings' | 'affected' | 'users'>> {
  const { owner, read, policies, countUsers } = surroundings;
  const needsDefault = isOrganization(owner) && (before.stage === 'absent' || after.stage === 'absent');
  const fallback = needsDefault ? (await policies.own(instanceOf(owner), read))?.policy : undefined;
  const [applies, wouldApply] = [before, after].map((policy) => effectivePolicy(activeOf(policy), () => fallback));
  const changes = diffPolicies(applies ?? ABSENT, wouldApply ?? ABSENT);
  const warnings = warningsOfChange(applies ?? ABSENT, wouldApply ?? ABSENT);
  const affected = changes.length === 0 ? NOBODY : await affectedBy(surroundings);
  const { freshness } = read;
  const customized = async (): Promise<readonly Organization[]> => {
    const page = { filter: undefined, after: undefined, limit: MOST_CUSTOM_POLICIES + 1, freshness };
    return (await policies.customizedPage(instanceOf(owner), page)).organizations;
  };
  const users = await usersHit(applies ?? ABSENT, wouldApply ?? ABSENT, { owner, countUsers, customized, freshness });
  return { changes, warnings, affected, ...(users !== undefined && { users }) };
}

async function affectedBy({ owner, read, instancePolicies, organizations }: Surroundings): Promise<Affected> {
  if (isOrganization(owner)) return { organizations: [owner], count: 1 };
  if (organizations === undefined) return { organizations: [], count: undefined };
  return Deadline.run(`the organizations of ${owner.instanceId}`, read.freshness, async (deadline) => {
    const customized = new Set<string>();
    for await (const page of instancePolicies.owners(owner, POLICIES_PER_PAGE, read.freshness)) {
      for (const { organizationId } of page) customized.add(organizationId);
      deadline.throwIfOver();
    }
    return onDefault(owner, { directory: organizations, customized }, deadline);
  });
}
