import { InvalidValue, parseObject } from '@login-policy/domain/model';
import { streamId, toJsonObject, type Json, type Projection, type StreamId } from '@login-policy/event-sourcing';
import { proposalEvents } from './event-codec.js';
import { PROPOSAL_CATEGORY, type ProposalEvent } from './events.js';
import { evolve, isApproved, type Proposal, type Stage } from './proposal.js';

/** The stream of a proposal. Ids are encoded, so that no two proposals share one. */
export function proposalStream(instanceId: string, id: string): StreamId {
  return streamId(PROPOSAL_CATEGORY, `${encodeURIComponent(instanceId)}/${encodeURIComponent(id)}`);
}

/** The id of the proposal with this stream. */
export function idOfStream(stream: string): string {
  return decodeURIComponent(stream.slice(stream.lastIndexOf('/') + 1));
}

/** One none of whose events can be read is listed all the same, and named. */
function indexUnreadable(stream: StreamId): Readonly<Record<'all' | 'waiting', string>> {
  const instanceId = decodeURIComponent(stream.slice(PROPOSAL_CATEGORY.length + 1, stream.lastIndexOf('/')));
  return { all: instanceId, waiting: instanceId };
}

const STAGES: readonly Stage[] = [
  'begun',
  'carried-out',
  'ended',
  'expired',
  'failed',
  'open',
  'rejected',
  'withdrawn',
];

/** Every proposal, as folded from its events; found by its instance, and while something is to be done about it. */
export const proposalProjection: Projection<ProposalEvent, Proposal> = {
  name: 'login-policy-proposals',
  version: 1,
  filter: { categories: [PROPOSAL_CATEGORY] },
  events: proposalEvents,
  rows: { encode: (row) => toJsonObject(row), decode: decodeRow },
  index(row) {
    const { instanceId } = row;
    const only = onlyOrganization(row);
    return {
      all: instanceId,
      ...(isWaiting(row) && { waiting: instanceId, due: '' }),
      ...(isUpcoming(row) && { upcoming: organizationValue(instanceId, only ?? '') }),
      ...(only !== undefined && { 'all-organization': organizationValue(instanceId, only) }),
      ...(only !== undefined && isWaiting(row) && { 'waiting-organization': organizationValue(instanceId, only) }),
    };
  },
  indexUnreadable,
  reduce: (row, event) => evolve(row, event),
};

/** Whether a queried row can be read. */
export function isProposal(row: object): row is Proposal {
  return 'stage' in row;
}

/** The value of the indexes of organizations; without an id, of what concerns several. Ids contain no line breaks. */
export function organizationValue(instanceId: string, organizationId: string): string {
  return `${instanceId}\n${organizationId}`;
}

/** The organization that a change is about, if it is about one alone. */
export function onlyOrganization({ change }: Pick<Proposal, 'change'>): string | undefined {
  if (change.type === 'rollout') return undefined;
  const [first, ...others] = change.steps;
  return others.length === 0 ? first?.organizationId : undefined;
}

/** Whether something is still to be done: to decide it, to carry it out, or to take it back at its end. */
function isWaiting({ stage, until }: Proposal): boolean {
  return stage === 'open' || stage === 'begun' || (stage === 'carried-out' && until !== undefined);
}

/** Whether it will change a policy at a known instant. */
function isUpcoming(row: Proposal): boolean {
  return (isApproved(row) && row.at !== undefined) || (row.stage === 'carried-out' && row.until !== undefined);
}

const MEMBERS = [
  ...['stage', 'instanceId', 'id', 'change', 'reason', 'proposer', 'proposedAt', 'seen', 'needed', 'approvals'],
  ...['at', 'until', 'expiresAt', 'isEmergency', 'voided', 'dueAt', 'begunAt', 'before', 'results', 'problem'],
  ...['takenBack', 'closedBy', 'sequence', 'changedAt'],
];
const TEXTS = ['instanceId', 'id', 'proposedAt', 'expiresAt', 'changedAt'];

/** Rows are only written by this projection: what is checked finds a damaged one. */
function decodeRow(stored: Json): Proposal {
  const row = parseObject(stored, 'row', MEMBERS);
  for (const name of TEXTS) if (typeof row[name] !== 'string') throw new TypeError(`row.${name} is not text`);
  if (!STAGES.some((stage) => stage === row['stage'])) throw new TypeError('row.stage is not a stage');
  if (isRow(stored)) return stored;
  throw new InvalidValue('row', 'a proposal', stored);
}

function isRow(stored: unknown): stored is Proposal {
  if (typeof stored !== 'object' || stored === null) return false;
  const lists = ['approvals', 'seen'].map((name): unknown => Reflect.get(stored, name));
  const objects = ['change', 'proposer'].map((name): unknown => Reflect.get(stored, name));
  return lists.every((list) => Array.isArray(list)) && objects.every((one) => typeof one === 'object' && one !== null);
}
