import { START, type Freshness, type Position } from '@login-policy/event-sourcing';
import type { ProposalParts } from './parts.js';
import { proposalStream } from './projection.js';
import type { Proposal } from './proposal.js';

/** A proposal as its row has it, and how far the rows go. @throws Fault where the row can't be read. */
export async function readProposal(
  { readModel }: Pick<ProposalParts, 'readModel'>,
  { instanceId, id }: Pick<Proposal, 'id' | 'instanceId'>,
  freshness: Freshness,
): Promise<{ readonly proposal: Proposal | undefined; readonly position: Position }> {
  const stream = proposalStream(instanceId, id);
  const { rows, unreadable, checkpoint = START } = await readModel.read([stream], freshness);
  const fault = unreadable.get(stream);
  if (fault !== undefined) throw fault;
  return { proposal: rows.get(stream), position: checkpoint };
}
