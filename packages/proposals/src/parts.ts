import type { LoginPolicies } from '@login-policy/domain';
import type { ProjectionRunner, Store, EventId } from '@login-policy/event-sourcing';
import type { DueWork } from './due-work.js';
import type { ProposalEvent } from './events.js';
import type { Foresight } from './foresight.js';
import type { ProposalHandler } from './handler.js';
import type { Person, Proposal } from './proposal.js';
import type { ProposalView } from './view.js';

/** Whether a person may approve or reject a proposal. Never asked about its proposer. */
export type MayApprove = (person: Person, proposal: ProposalView) => boolean | Promise<boolean>;

/** What proposals are made of. */
export interface ProposalParts {
  readonly store: Store;
  readonly loginPolicies: LoginPolicies;
  readonly handler: ProposalHandler;
  readonly readModel: ProjectionRunner<ProposalEvent, Proposal>;
  readonly foresight: Foresight;
  readonly work: DueWork;
  readonly mayApprove: MayApprove;
  readonly newId: () => EventId;
}
