import type { Deadline, FactSource } from '@login-policy/event-sourcing';
import { evolveAll } from '../policy/evolve.js';
import { ABSENT, type LoginPolicy } from '../policy/login-policy.js';
import { ownerKind, ownerOfStream, type Owner } from '../policy/owner.js';
import { countPeople, type CountingSources } from '../sign-in/count-people.js';
import { changesBy, locksSomebodyOut } from '../sign-in/user-change.js';
import type { CommandConditions } from './command-input.js';
import type { LoginPolicyCommand } from './commands.js';
import { decide } from './decide.js';
import type { PolicyLookUps } from './facts.js';
import { metAfter, metBy } from './guard.js';
import { canTakeWaysIn } from './takes-ways-in.js';
import { NO_FACTS, type PolicyFacts } from './decision.js';

type Facts = FactSource<LoginPolicyCommand, PolicyFacts, CommandConditions>;

/**
 * Adds to the facts of a command whom it would lock out, for the guard. The command is decided beforehand, by the policy
 * as it is now; if another writer changes it meanwhile, the guard notices.
 */
export function withPeople(facts: Facts, sources: CountingSources & { readonly policies: () => PolicyLookUps }): Facts {
  return {
    isNeededFor: (command, conditions) => canTakeWaysIn(command) || facts.isNeededFor(command, conditions),
    async lookUp(streamId, command, asked) {
      const { conditions, deadline } = asked;
      const found = facts.isNeededFor(command, conditions) ? await facts.lookUp(streamId, command, asked) : NO_FACTS;
      const owner = ownerOfStream(streamId);
      if (owner === undefined || !canTakeWaysIn(command)) return found;
      const met = await changeMet(owner, command, { facts: found, policies: sources.policies(), deadline });
      if (!locksSomebodyOut(met.before, met.after))
        return { ...found, people: { ...met, affected: undefined, isYou: false } };
      const affected = await countPeople({ owner, ...met, besides: conditions?.plan?.besides }, sources, deadline);
      const you = conditions?.you;
      const isYou = you !== undefined && changesBy(met.before, met.after)(you) === 'lockedOut';
      return { ...found, people: { ...met, affected, isYou } };
    },
  };
}

/** The policies that the owner's users meet before and after the command, as it would be decided now. */
async function changeMet(
  owner: Owner,
  command: LoginPolicyCommand,
  { facts, policies, deadline }: Looking,
): Promise<{ readonly before: LoginPolicy; readonly after: LoginPolicy }> {
  const { policy } = await policies.latest(owner, deadline);
  const circumstances = { owner: ownerKind(owner), facts };
  const decision = decide(command, policy, circumstances);
  if (decision.outcome === 'rejected' || decision.events.length === 0) return { before: ABSENT, after: ABSENT };
  const after = evolveAll(policy, decision.events, circumstances.owner);
  return { before: metBy(policy, circumstances), after: metAfter(after, circumstances) };
}

interface Looking {
  readonly facts: PolicyFacts;
  readonly policies: PolicyLookUps;
  readonly deadline: Deadline;
}
