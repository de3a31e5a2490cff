import type { CommandHandler } from '@login-policy/event-sourcing';
import type { ProposalCommand, ProposalFacts } from './decide.js';
import type { ProposalEvent } from './events.js';
import type { ProposalState } from './proposal.js';
import type { ProposalRejection } from './refusals.js';

/** The handler of commands on proposals. */
export type ProposalHandler = CommandHandler<
  ProposalCommand,
  ProposalEvent,
  ProposalState,
  ProposalRejection,
  ProposalFacts,
  Looked
>;

/** What was looked up for a new proposal, beside the command. */
export interface Looked {
  readonly signal?: AbortSignal | undefined;
}
