import type { LoginPolicies, OwnerRef } from '@login-policy/domain';
import type { LoginPolicy, Organization, UpcomingPolicy } from '@login-policy/domain/model';
import { previewCommand, type PreviewOptions } from '@login-policy/domain/preview';
import { commandFromJson, ownersOf } from './change.js';
import { eventOfRollout, lastEventOf, takingBack } from './execution.js';
import { besideOf, causeOf } from './foresight.js';
import type { ProposalParts } from './parts.js';
import { isProposal, organizationValue } from './projection.js';
import { isApproved, type Proposal } from './proposal.js';

const PAGE = 500;

/** What looks ahead for one organization. */
interface Ahead {
  readonly policies: LoginPolicies;
  readonly organization: Organization;
  readonly hasOwn: boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * The policies that an organization's users will meet by approved changes with a date. A change that would be refused
 * now is left out: so it would be then.
 */
export async function upcomingFor(
  organization: Organization,
  { loginPolicies, readModel }: Pick<ProposalParts, 'loginPolicies' | 'readModel'>,
  signal: AbortSignal | undefined,
): Promise<readonly UpcomingPolicy[]> {
  const { instanceId, organizationId } = organization;
  let ahead: Promise<Ahead> | undefined;
  const found: UpcomingPolicy[] = [];
  for (const only of [organizationId, '']) {
    const by = { index: 'upcoming', value: organizationValue(instanceId, only), limit: PAGE };
    for (let afterKey: string | undefined; ;) {
      const { rows } = await readModel.query({ ...by, ...(afterKey !== undefined && { afterKey }) }, { signal });
      const proposals = rows.flatMap(({ row }) => (isProposal(row) ? [row] : []));
      if (proposals.length > 0) {
        const looking = await (ahead ??= aheadOf(organization, loginPolicies, signal));
        found.push(...(await Promise.all(proposals.map((proposal) => comingOf(proposal, looking)))).flat());
      }
      if (rows.length < PAGE) break;
      afterKey = rows.at(-1)?.key;
    }
  }
  return found;
}

async function aheadOf(
  organization: Organization,
  policies: LoginPolicies,
  signal: AbortSignal | undefined,
): Promise<Ahead> {
  const own = await policies.policy(organization, waiting(signal));
  return { policies, organization, hasOwn: own.outcome === 'found', signal };
}

async function comingOf(proposal: Proposal, ahead: Ahead): Promise<readonly UpcomingPolicy[]> {
  const met = metBy(proposal, ahead);
  if (met === undefined) return [];
  const { at, id, until } = proposal;
  if (isApproved(proposal)) {
    const { command, owner, seen } = met;
    const own = { correlationId: causeOf(id), idempotencyKey: causeOf(id) };
    const conditions: PreviewOptions = { ...(seen !== undefined && { ifSeen: seen }), ...own };
    const { change } = proposal;
    const commands = change.type === 'plan' ? change.steps.map((step) => commandFromJson(step.command)) : [];
    const preview = await previewCommand(ahead.policies, owner, commandFromJson(command), {
      ...conditions,
      ...besideOf(ownersOf(proposal, change), commands, owner),
      ...acknowledged(proposal),
      ...waiting(ahead.signal),
    });
    if (preview.outcome === 'rejected' || at === undefined) return [];
    const begins = upcoming(at, preview.after, id);
    return until === undefined ? [begins] : [begins, upcoming(until, preview.before, id)];
  }
  const before = await policyBefore(proposal, met, ahead);
  return before === undefined || until === undefined ? [] : [upcoming(until, before, id)];
}

function upcoming(at: string, policy: LoginPolicy, id: string): UpcomingPolicy {
  return { at, policy, id };
}

/** The step of a change that the organization's users meet. */
interface Met {
  readonly owner: OwnerRef;
  readonly command: Parameters<typeof commandFromJson>[0];
  readonly seen: string | undefined;
  /** The sequence of the policy before a plan, once that was carried out. */
  readonly before: string | undefined;
}

function metBy({ change, before, instanceId, seen }: Proposal, { hasOwn, organization }: Ahead): Met | undefined {
  const owner = hasOwn ? organization : { instanceId };
  if (change.type === 'rollout') {
    const { command, organizationIds } = change;
    const isReached = hasOwn
      ? organizationIds === undefined || organizationIds.includes(organization.organizationId)
      : (change.withDefault ?? organizationIds === undefined);
    return isReached ? { owner, command, seen: hasOwn ? undefined : seen[0], before: undefined } : undefined;
  }
  const own = change.steps.findIndex(({ organizationId }) => organizationId === organization.organizationId);
  const byDefault = change.steps.findIndex(({ organizationId }) => organizationId === undefined);
  const index = own >= 0 || hasOwn ? own : byDefault;
  const step = change.steps[index];
  if (step === undefined) return undefined;
  return {
    owner: own >= 0 ? organization : owner,
    command: step.command,
    seen: seen[index],
    before: before?.[index],
  };
}

/** What the end of a change brings back, unless the policy was changed since. */
async function policyBefore(
  proposal: Proposal,
  { before, owner }: Met,
  ahead: Ahead,
): Promise<LoginPolicy | undefined> {
  const { policies, signal } = ahead;
  const last =
    before === undefined
      ? await eventOfRollout(policies, proposal, { owner, signal })
      : await lastEventOf(policies, proposal, { owner, before: BigInt(before), signal });
  if (last === undefined) return undefined;
  // A rollout records one event on each policy.
  const to = before === undefined ? last.sequence - 1n : BigInt(before);
  const preview = await previewCommand(policies, owner, takingBack(to), {
    ifSequence: last.sequence,
    ifEventId: last.eventId,
    ...acknowledged(proposal),
    ...waiting(signal),
  });
  return preview.outcome === 'rejected' ? undefined : preview.after;
}

function acknowledged({ change: { acknowledge } }: Proposal): Pick<PreviewOptions, 'acknowledge'> {
  return acknowledge === undefined ? {} : { acknowledge };
}

function waiting(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
