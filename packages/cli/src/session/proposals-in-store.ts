import type { InstanceRef, LoginPolicies } from '@login-policy/domain';
import { canBeRolledOut } from '@login-policy/domain/rollout';
import type { Store } from '@login-policy/event-sourcing';
import { memoryReadModelStore } from '@login-policy/event-sourcing/store';
import { openProposals, type ProposalRefused, type Proposals, type ProposedChange } from '@login-policy/proposals';
import { parseMoment } from '../commands/moment.js';
import { Refused, withMembers, type PolicyCommand } from './answers.js';
import type { LookedAtJson, ProposalJson, Proposing, ToPropose } from './proposing.js';

/** The proposals in a store, which are closed with its session. */
export interface StoreProposing extends Proposing {
  end(): Promise<void>;
}

interface ProposalSources {
  readonly store: Store;
  readonly loginPolicies: LoginPolicies;
  readonly interrupted: AbortSignal;
}

const IS_PROPOSAL = withMembers<ProposalJson>('id', 'stage', 'change', 'proposer', 'approvals');
const IS_LOOKED_AT = withMembers<LookedAtJson>('proposal');
const PAGE = 1000;

/**
 * The proposals of an instance in a store. Who can open the store may approve; but nobody their own. Kept in memory, so
 * that a command leaves no read model behind that every append would have to update. All events of proposals are read
 * first, without a time limit: a page waits only a few seconds for them.
 */
export async function proposalsInStore(
  { interrupted, loginPolicies, store }: ProposalSources,
  instance: InstanceRef,
): Promise<StoreProposing> {
  const readModels = memoryReadModelStore();
  const proposals = await openProposals({
    store: { ...store, readModels, readModelUpdates: 'followed' },
    loginPolicies,
    mayApprove: () => true,
  });
  await proposals.readModel.catchUp(interrupted);
  return {
    propose: async (what, { by, ...conditions }) => {
      const options = { ...conditions, ...by, reason: by.reason ?? '' };
      return demanded((await demandAccepted(proposals.propose(instance, changeOf(instance, what), options))).proposal);
    },
    list: (which) => listAll(proposals, instance, which),
    async look(id) {
      const { now, proposal } = await demandAccepted(proposals.proposal(instance, id));
      const looked = { proposal, ...(now !== undefined && { now }) };
      if (IS_LOOKED_AT(looked)) return looked;
      throw new Error('unexpected shape of a proposal');
    },
    async approve(id, seen, by) {
      const { position } = await demandAccepted(proposals.approve(instance, id, { ...by, seen }));
      // Perhaps nobody else runs: what is due is carried out at once.
      const { failures } = await proposals.carryOutDue({ atLeast: position });
      for (const failure of failures) if (failure.id === id) throw failure.error;
      const atLeast = await store.eventStore.head();
      return demanded((await demandAccepted(proposals.proposal(instance, id, { atLeast }))).proposal);
    },
    close: async (id, how, by) => demanded((await demandAccepted(proposals[how](instance, id, by))).proposal),
    async end() {
      await proposals.close();
      await readModels.close();
    },
  };
}

async function listAll(
  proposals: Proposals,
  instance: InstanceRef,
  which: 'all' | 'waiting',
): Promise<readonly ProposalJson[]> {
  const all: ProposalJson[] = [];
  for (let after: string | undefined; ;) {
    const options = { which, limit: PAGE, ...(after !== undefined && { after }) };
    const found = await demandAccepted(proposals.list(instance, options));
    all.push(...found.proposals.map(demanded));
    if (found.next === undefined) return all;
    after = found.next;
  }
}

function changeOf(instance: InstanceRef, { command, isEverywhere, ref, seen }: ToPropose): ProposedChange {
  const owner = ref === undefined ? instance : { ...instance, organizationId: ref };
  if (!isEverywhere) return { type: 'command', owner, command: inputOf(command), seen };
  if (canBeRolledOut(command)) return { type: 'rollout', command, seen };
  throw new Error(`${command.type} is a command on one policy`);
}

function inputOf(command: PolicyCommand): Extract<ProposedChange, { readonly type: 'command' }>['command'] {
  return command.type === 'revert' ? { type: 'revert', to: parseMoment(command.to) } : command;
}

/** @throws Refused */
async function demandAccepted<Answer extends { readonly outcome: string }>(
  answering: Promise<Answer | ProposalRefused>,
): Promise<Exclude<Answer, ProposalRefused>> {
  const answer = await answering;
  if (isRefused(answer)) {
    const { message, rejection } = answer;
    const field = rejection.reason === 'invalid-argument' ? rejection.field : undefined;
    throw new Refused(message, { reason: rejection.reason, field });
  }
  if (isAccepted(answer)) return answer;
  throw new Error('expected an answer of proposals');
}

function isRefused(answer: { readonly outcome: string }): answer is ProposalRefused {
  return answer.outcome === 'rejected';
}

function isAccepted<Answer extends { readonly outcome: string }>(
  answer: Answer | ProposalRefused,
): answer is Exclude<Answer, ProposalRefused> {
  return answer.outcome !== 'rejected';
}

function demanded(proposal: object): ProposalJson {
  if (IS_PROPOSAL(proposal)) return proposal;
  throw new Error('unexpected shape of a proposal');
}
