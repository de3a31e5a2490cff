import { type CommandContext, Deadline, type EventId } from '@login-policy/event-sourcing';
import { optional } from '../input/options.js';
import { parseAcknowledged, type Acknowledged } from '../commands/acknowledge.js';
import {
  parseConditions,
  type CommandConditions,
  type FoundDefault,
  type PlanDefaults,
} from '../commands/command-input.js';
import type { CommandInput, LoginPolicyCommand } from '../commands/commands.js';
import { evolveAll } from '../policy/evolve.js';
import { parseCommand } from '../commands/parse-command.js';
import type { PolicyState } from '../policy/policy-state.js';
import type { LoginPolicyEvent } from '../policy/events.js';
import { parseObject } from '../input/invalid-value.js';
import { parseId } from '../input/text.js';
import { effectivePolicy } from '../policy/effective-policy.js';
import { ABSENT, activeOf, type ActivePolicy, type LoginPolicy } from '../policy/login-policy.js';
import type { LoginPolicies } from '../login-policies.js';
import {
  isOrganization,
  ownerKind,
  parseOwner,
  policyStream,
  type Organization,
  type Owner,
  type OwnerRef,
} from '../policy/owner.js';
import { partsOf, type PolicyParts } from '../policy-parts.js';
import { NOBODY, onDefault, type Affected } from '../reads/affected.js';
import { changeForPeople } from '../sign-in/count-people.js';
import type { PeopleAffected, PeopleUnknown } from '../sign-in/people.js';
import { parseUserSetUp, type UserSetUp } from '../sign-in/user-change.js';
import { warningsOfChange, type ChangeWarnings } from '../sign-in/warnings.js';
import { aboutYou, warningsOfPeople, type YouAffected } from './people.js';
import { lastSequenceOf } from '../policy/change-info.js';
import { seenIn, seenText } from '../policy/seen.js';
import { besideOf, type Beside, type BesideOptions } from './beside.js';
import { diffPolicies, type PolicyChange } from '../policy/diff.js';
import { rejectedAnswer } from '../reads/answering.js';
import { explained } from '../reads/changes-since.js';
import { stillAllowing, stillAllowingFilter } from '../still-allowing.js';
import {
  parseFreshness,
  READ_MEMBERS,
  withRemainingWait,
  type ParsedRead,
  type ReadOptions,
} from '../reads/read-input.js';
import type { PolicyCount, ReadAnswer } from '../reads/answers.js';
import { defaultsOf } from './plan-default.js';
import type { Rejected } from '../policy/rejections.js';

/** The dry run of a command. Nothing is written, and another writer may still be first. */
export interface Preview {
  readonly kind: 'preview';
  /** What this preview depended on: pass it as `ifSeen`, and the command does exactly this or is refused. */
  readonly seen: string;
  /** The policy's sequence, 0 for none: pass it as `ifSequence` to be refused at any later event. */
  readonly sequence: bigint;
  /** The policy's last event: pass it as `ifEventId`, too. `undefined` for none. */
  readonly eventId: EventId | undefined;
  /** The events that would be recorded; empty when nothing would change. */
  readonly events: readonly LoginPolicyEvent[];
  /** The changes in the policy that applies to the owner's users: for an organization, its effective policy. */
  readonly changes: readonly PolicyChange[];
  /** That policy before the change. Not in the answer's JSON. */
  readonly before: LoginPolicy;
  /** That policy after it, likewise: to judge sign-ins by. */
  readonly after: LoginPolicy;
  /** The problems of the resulting policy that the rules allow: those introduced and those already there. */
  readonly warnings: ChangeWarnings;
  /** The organizations whose users the change affects. */
  readonly affected: Affected;
  /** For a change that matters to sign-ins: the users it affects, or why that is unknown. */
  readonly people?: PeopleAffected | PeopleUnknown;
  /** With the option `you`: what it means for the caller. */
  readonly you?: YouAffected;
  /**
   * For a removal from an instance's default policy: how many custom policies still allow the factor or link the
   * identity provider. `unknown` beside custom policies that this program can't read.
   */
  readonly stillAllowing?: PolicyCount | 'unknown';
}

/** The conditions of a dry run. `atLeast` applies to the list of custom policies. */
export interface PreviewOptions extends ReadOptions {
  /** Refuse unless the policy is at this sequence, as for the command. */
  readonly ifSequence?: bigint;
  /** Refuse unless this is the policy's last event, as for the command. */
  readonly ifEventId?: string;
  /** What the guard lets pass, as for the command. */
  readonly acknowledge?: Acknowledged;
  /** What the caller has to sign in with, to be told what the change means for them. */
  readonly you?: UserSetUp;
  /** Refuse unless the policy is as the caller saw it, as for the command. */
  readonly ifSeen?: string;
  /** With `ifSeen`: the command's own actor, ids and key, so that the preview counts as seen what the command would. */
  readonly actor?: string;
  readonly correlationId?: string;
  readonly idempotencyKey?: string;
  /** The other steps of the same plan. Default: the command is given alone. */
  readonly beside?: BesideOptions;
}

/** A checked request for a preview. */
interface ParsedPreview {
  readonly owner: Owner;
  readonly parsed: LoginPolicyCommand;
  readonly context: Pick<CommandContext, 'ifEventId' | 'ifRevision' | 'signal' | 'waitMs'> & CommandConditions;
  readonly read: ParsedRead;
  readonly beside: Beside;
}

const ALONE: Beside = { organizations: [] };
const POLICIES_PER_PAGE = 1000;
const MARKS = ['actor', 'correlationId', 'idempotencyKey'] as const;
const CONDITIONS = ['ifSequence', 'ifEventId', 'ifSeen', ...MARKS, 'acknowledge', 'beside', 'you'];

/** Parses a request for a preview. @throws InvalidValue */
function parsePreview(givenOwner: unknown, command: unknown, options: unknown): ParsedPreview {
  const owner = parseOwner(givenOwner, 'owner');
  const parsed = parseCommand(command, owner);
  const given = parseObject(options, 'options', [...READ_MEMBERS, ...CONDITIONS]);
  const freshness = parseFreshness(given);
  const { signal, waitMs } = freshness;
  const acknowledge = optional(given, 'acknowledge', parseAcknowledged);
  const you = optional(given, 'you', parseUserSetUp);
  const [actor, correlationId, idempotencyKey] = MARKS.map((name) => optional(given, name, parseId));
  const marks = { actor, correlationId, idempotencyKey };
  const conditions = { ...parseConditions(given, owner), ...marks, acknowledge, you };
  const beside = optional(given, 'beside', besideOf(owner)) ?? ALONE;
  return { owner, parsed, read: { freshness, asOf: undefined }, context: { ...conditions, signal, waitMs }, beside };
}

/** What a preview needs besides the policy. */
interface Surroundings extends Pick<PolicyParts, 'counting' | 'instancePolicies' | 'organizations' | 'policies'> {
  readonly owner: Owner;
  /** For an organization: the default policy before and after the plan. */
  readonly defaults: PlanDefaults | undefined;
  /** Organizations with a step of their own, in which they are counted. */
  readonly besides: readonly Organization[];
  readonly parsed: LoginPolicyCommand;
  readonly read: ParsedRead;
  readonly you: UserSetUp | undefined;
}

/**
 * A dry run of a command: the same decision with the same refusals, but nothing is written
 * (docs/reference/login-policies.md#preview).
 *
 * @throws Fault as the store does.
 */
export function previewCommand(
  policies: LoginPolicies,
  owner: OwnerRef,
  command: CommandInput,
  options: PreviewOptions = {},
): Promise<ReadAnswer<Preview>> {
  const parts = partsOf(policies, 'previewCommand');
  return parts.calls.answer(
    'preview',
    () => parsePreview(owner, command, options),
    (request) => previewBy(request, parts),
  );
}

async function previewBy(
  request: ParsedPreview,
  parts: PolicyParts,
): Promise<({ readonly outcome: 'found' } & Preview) | Rejected> {
  const { context, owner, parsed } = request;
  const begunAt = performance.now();
  const defaults = await defaultsOf(request, parts);
  if (defaults !== undefined && 'outcome' in defaults) return defaults;
  const besides = request.beside.organizations;
  const conditions = { ...context, plan: { defaults, besides } };
  const dryRun = await parts.handler.dryRun(policyStream(owner), parsed, conditions);
  if (dryRun.outcome === 'rejected') {
    const rejection = await explained(dryRun.rejection, parts.policies, context);
    return rejectedAnswer({ ...dryRun, rejection }, owner);
  }
  const read = withRemainingWait(request.read, begunAt);
  return previewOf(dryRun, { ...parts, owner, parsed, defaults, besides, read, you: context.you });
}

/** The effects of a command that would be accepted. */
async function previewOf(
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
    seen: seenText(surroundings.owner, { own: seenIn(state), byDefault: surroundings.defaults?.before.last }),
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
  instancePolicies,
  read: { freshness },
}: Surroundings): Promise<PolicyCount | 'unknown' | undefined> {
  const filter = stillAllowingFilter(parsed);
  return filter === undefined || isOrganization(owner)
    ? undefined
    : stillAllowing(instancePolicies, owner, { filter, freshness });
}

/** The policy that would apply to the owner's users: the default where there is, or would be, no custom one. */
async function outlookOf(
  { before, after }: { readonly before: LoginPolicy; readonly after: LoginPolicy },
  surroundings: Surroundings,
): Promise<Pick<Preview, 'after' | 'before' | 'changes' | 'warnings' | 'affected' | 'people' | 'you'>> {
  const { owner, read, counting, defaults, besides, you } = surroundings;
  const met = effectivePolicy(activeOf(before), () => readable(defaults?.before)) ?? ABSENT;
  const wouldMeet = effectivePolicy(activeOf(after), () => readable(defaults?.after)) ?? ABSENT;
  const changes = diffPolicies(met, wouldMeet);
  const affected = changes.length === 0 ? NOBODY : await affectedBy(surroundings);
  const { change, people } = await Deadline.run('a count of users', read.freshness, (wait) =>
    changeForPeople({ owner, before: met, after: wouldMeet, besides }, counting, wait),
  );
  const { introduced, standing } = warningsOfChange(change.before, change.after);
  const yours = you && aboutYou(change, you);
  const warnings = {
    introduced: [...introduced, ...(counting.people ? warningsOfPeople(change, people, yours) : [])],
    standing,
  };
  const policies = { before: met, after: wouldMeet };
  return { changes, ...policies, warnings, affected, ...(people && { people }), ...(yours && { you: yours }) };
}

/** The default policy that applies, if there is one. @throws why it can't be read. */
function readable(byDefault: FoundDefault | undefined): ActivePolicy | undefined {
  if (byDefault === undefined) return undefined;
  if ('code' in byDefault.policy) throw byDefault.policy;
  return activeOf(byDefault.policy);
}

async function affectedBy({ owner, read, instancePolicies, organizations, besides }: Surroundings): Promise<Affected> {
  if (isOrganization(owner)) return { organizations: [owner], count: 1 };
  if (organizations === undefined) return { organizations: [], count: undefined };
  return Deadline.run(`the organizations of ${owner.instanceId}`, read.freshness, async (deadline) => {
    const customized = new Set<string>(besides.map(({ organizationId }) => organizationId));
    for await (const page of instancePolicies.owners(owner, POLICIES_PER_PAGE, read.freshness)) {
      for (const { organizationId } of page) customized.add(organizationId);
      deadline.throwIfOver();
    }
    return onDefault(owner, { directory: organizations, customized }, deadline);
  });
}
