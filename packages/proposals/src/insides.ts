/** What the tests of this package look at inside it. Nobody else can import it. */
export { proposalDecider, type ProposalCommand, type ProposalFacts } from './decide.js';
export { proposalEvents } from './event-codec.js';
export { PROPOSAL_CATEGORY, type ProposalEvent } from './events.js';
export { proposalProjection, proposalStream } from './projection.js';
export { evolve, type Proposal, type ProposalState } from './proposal.js';
