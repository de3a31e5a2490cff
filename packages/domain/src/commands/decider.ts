import { reject, type Decider } from '@login-policy/event-sourcing';
import type { LoginPolicyCommand } from './commands.js';
import { decide } from './decide.js';
import type { LoginPolicyEvent } from '../events/events.js';
import type { PolicyFacts } from './facts.js';
import type { Guard } from './guard.js';
import { changedOwn } from './seen.js';
import { ownerIn, ownerKindOf } from '../policy/owner.js';
import type { PolicyRejection } from '../policy/rejections.js';
import { type PolicyState, NO_POLICY, evolveState } from '../policy/policy-state.js';

type LoginPolicyDecider = Decider<LoginPolicyCommand, LoginPolicyEvent, PolicyState, PolicyRejection, PolicyFacts>;

/** The rules of a login policy for the command handler: {@link decide} and {@link evolveState}. */
export const loginPolicyDecider: LoginPolicyDecider = guardingDecider('warn');

/** The same rules with a guard that warns or refuses. */
export function guardingDecider(guard: Guard): LoginPolicyDecider {
  return {
    initial: NO_POLICY,
    evolve: evolveState,
    decide(command, state, { streamId, facts }) {
      const changed = facts?.seen && changedOwn(ownerIn(streamId), state, facts);
      if (changed !== undefined) return reject(changed);
      return decide(command, state.policy, { owner: ownerKindOf(streamId), facts, guard });
    },
  };
}
