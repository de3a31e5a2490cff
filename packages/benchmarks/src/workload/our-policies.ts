import { freshInstance, orThrow, type LoginPolicies } from '@login-policy/domain';
import { FACTOR } from './factor.js';

const options = { actor: 'bench' } as const;

/** Adds the policy of an instance as on a fresh one: four events. */
export async function addPolicy(policies: LoginPolicies, instanceId: string): Promise<void> {
  orThrow(await policies.add({ instanceId }, freshInstance, options));
}

/** Takes the multi-factor off in even rounds, puts it on in odd ones. */
export async function command(policies: LoginPolicies, instanceId: string, round: number): Promise<void> {
  const answer =
    round % 2 === 0
      ? await policies.removeMultiFactor({ instanceId }, FACTOR, options)
      : await policies.addMultiFactor({ instanceId }, FACTOR, options);
  if (answer.outcome !== 'accepted') throw new Error(answer.message);
}

/** So many commands on one policy, one after another. */
export async function commandsInTurn(policies: LoginPolicies, instanceId: string, count: number): Promise<void> {
  for (let round = 0; round < count; round++) await command(policies, instanceId, round);
}
