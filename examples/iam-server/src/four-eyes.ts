import type { LoginPolicies } from '@login-policy/domain';
import type { UpcomingPolicies } from '@login-policy/domain/model';
import type { Store } from '@login-policy/event-sourcing';
import { oneForWhatMatters, openProposals, type Proposals } from '@login-policy/proposals';
import type { Instances } from './accounts/instances.js';
import type { Log } from './log.js';
import { isMachine } from './sessions/identification.js';

/** How often due proposals are looked for. */
const EVERY_MS = 2000;
const MINUTE_MS = 60_000;

interface FourEyes {
  readonly store: Store;
  readonly policies: LoginPolicies;
  readonly instances: Instances;
  /** Whether changes that matter need another person. */
  readonly isNeeded: boolean;
  readonly log: Log;
}

/** What the policies are told of the time to come, by the proposals that are opened after them. */
export class Upcoming implements UpcomingPolicies {
  #proposals: Proposals | undefined;

  /** The proposals from now on. */
  set proposals(proposals: Proposals) {
    this.#proposals = proposals;
  }

  async of(...asked: Parameters<UpcomingPolicies['of']>): ReturnType<Proposals['of']> {
    return (await this.#proposals?.of(...asked)) ?? [];
  }
}

/** Opens the proposals, and carries out what is due. */
export async function openFourEyes({ instances, isNeeded, log, policies, store }: FourEyes): Promise<Proposals> {
  const proposals = await openProposals({
    store,
    loginPolicies: policies,
    // The API has asked for the permissions of the change. Who holds a machine's token is not known: it may be the
    // person who proposed.
    mayApprove: (person, { proposer }) => !isMachine(person.subject) && !isMachine(proposer.subject),
    needsApproval: isNeeded ? oneForWhatMatters : () => 0,
    organizations: { exists: (organization) => instances.exists(organization) },
  });
  let saidAt = -Infinity;
  proposals.keepCarryingOut({
    everyMs: EVERY_MS,
    onReport({ advanced, failures }) {
      for (const { id, instanceId, lateByMs, stage } of advanced)
        log.note('info', `Proposal ${id} is ${stage}.`, { instanceId, ...(lateByMs !== undefined && { lateByMs }) });
      for (const { error, id } of failures) log.failure(error, { proposal: id });
    },
    onFailure(error) {
      // A store that is away is looked for again and again: once a minute is enough to say so.
      if (performance.now() - saidAt < MINUTE_MS) return;
      saidAt = performance.now();
      log.failure(error);
    },
  });
  return proposals;
}
