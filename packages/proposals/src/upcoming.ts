import type { LoginPolicies, OwnerRef } from '@login-policy/domain';
import type { LoginPolicy, Organization, UpcomingPolicy } from '@login-policy/domain/model';
import { previewCommand, type PreviewOptions } from '@login-policy/domain/preview';
import { commandFromJson } from './change.js';
import { lastEventOf, takingBack } from './execution.js';
import { causeOf } from './foresight.js';
import type { ProposalParts } from './parts.js';
import { isProposal } from './projection.js';
import { isApproved, type Proposal } from './proposal.js';

/** More dated changes than this are not looked at. */
const MOST = 100;

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
  const query = { index: 'upcoming', value: organization.instanceId, limit: MOST };
  const { rows } = await readModel.query(query, { signal });
  const proposals = rows.flatMap(({ row }) => (isProposal(row) ? [row] : []));
  if (proposals.length === 0) return [];
  const own = await loginPolicies.policy(organization, waiting(signal));
  const ahead = { policies: loginPolicies, organization, hasOwn: own.outcome === 'found', signal };
  return (await Promise.all(proposals.map((proposal) => comingOf(proposal, ahead)))).flat();
}

async function comingOf(proposal: Proposal, ahead: Ahead): Promise<readonly UpcomingPolicy[]> {
  const met = metBy(proposal, ahead);
  if (met === undefined) return [];
  const { at, id, until } = proposal;
  if (isApproved(proposal)) {
    const { command, owner, seen } = met;
    const conditions: PreviewOptions = { ...(seen !== undefined && { ifSeen: seen }), correlationId: causeOf(id) };
    const preview = await previewCommand(ahead.policies, owner, commandFromJson(command), {
      ...conditions,
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
  /** The sequence of the policy before it, once it was carried out. */
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
  if (before === undefined) return undefined;
  const { policies, signal } = ahead;
  const last = await lastEventOf(policies, proposal, { owner, before: BigInt(before), signal });
  if (last === undefined) return undefined;
  const preview = await previewCommand(policies, owner, takingBack(BigInt(before)), {
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
