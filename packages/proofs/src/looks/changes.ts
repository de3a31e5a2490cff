import type { CommandInput, LoginPolicies, OwnerRef } from '@login-policy/domain';

/** A command and whose policy it is for. */
export interface Change {
  readonly owner: OwnerRef;
  readonly command: CommandInput;
}

/** Gives the commands one after another, whatever they are answered. @returns the number of events recorded. */
export async function carryOutAll(policies: LoginPolicies, changes: readonly Change[]): Promise<number> {
  let recorded = 0;
  for (const { owner, command } of changes) {
    const answer = await policies.execute(owner, command, { actor: 'somebody else' });
    if (answer.outcome === 'accepted') recorded += answer.events.length;
  }
  return recorded;
}
